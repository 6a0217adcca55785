// The JSON of the report, piece by piece in the order of its schema.
#include "app/report.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "app/report_json.h"

namespace app {
using Json = nlohmann::ordered_json;
namespace {

template <class T>
Json orNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// JSON has no infinity: the largest number stands for it.
double finite(double value) { return std::min(value, std::numeric_limits<double>::max()); }

Json toJson(const graph::ir::Binding& binding) {
  Json object = Json::object();
  for (const auto& [name, value] : binding) object[name] = value;
  return object;
}

Json toJson(const graph::run::Quartiles& q) { return {{"median", q.median}, {"p25", q.p25}, {"p75", q.p75}, {"runs", q.runs}}; }
Json toJson(const std::optional<graph::run::Quartiles>& q) { return q ? toJson(*q) : Json(nullptr); }

Json toJson(const rewrites::Taken& taken) {
  return {{"node", taken.node},
          {"writes", taken.writes.empty() ? Json(nullptr) : Json(taken.writes)},
          {"updates", taken.updates},
          {"removed", taken.removed},
          {"bytes_saved", orNull(taken.bytesSaved)},
          {"guards", taken.guards}};
}

Json toJson(const rewrites::Refused& refused) {
  Json repair = nullptr;
  if (refused.repair)
    repair = {{"text", refused.repair->text}, {"rewrite", refused.repair->rewrite}, {"bytes", orNull(refused.repair->bytes)}};
  return {{"node", refused.node}, {"rule", refused.rule}, {"because", refused.because}, {"blockers", refused.blockers}, {"repair", repair}};
}

Json toJson(const rewrites::Outcome& outcome) {
  Json taken = Json::array(), refused = Json::array();
  for (const auto& each : outcome.taken) taken.push_back(toJson(each));
  for (const auto& each : outcome.refused) refused.push_back(toJson(each));
  return {{"script", outcome.script}, {"rewrite", outcome.rewrite}, {"taken", taken}, {"refused", refused}};
}

Json toJson(const std::vector<graph::run::ItemComparison>& items) {
  Json array = Json::array();
  for (const auto& item : items)
    array.push_back({{"name", item.name},
                     {"same", item.same},
                     {"bit_identical", item.identical},
                     {"max_abs", finite(item.maxAbs)},
                     {"max_rel", finite(item.maxRel)},
                     {"problem", item.problem.empty() ? Json(nullptr) : Json(item.problem)}});
  return array;
}

Json toJson(const graph::run::RoundResult& round) {
  using Status = graph::run::RoundResult::Status;
  const auto& request = round.round.request;
  return {{"name", round.round.name},
          {"symbols", toJson(request.bind)},
          {"fill", graph::run::fillName(request.fill)},
          {"status", round.status == Status::same ? "same" : round.status == Status::different ? "different" : "nothing"},
          {"note", round.note.empty() ? Json(nullptr) : Json(round.note)}};
}

Json toJson(const Evidence& evidence) {
  Json first = nullptr;
  if (const auto& node = evidence.first) {
    first = {{"node", node->name}, {"target", node->target}, {"line", node->line}, {"call", node->call}, {"max_abs", finite(node->maxAbs)},
             {"differing", node->differing}, {"elements", node->elements}, {"overwritten", nullptr}};
    if (!node->operand.empty())
      first["overwritten"] = {{"operand", node->operand}, {"by", node->overwrittenBy.empty() ? Json(nullptr) : Json(node->overwrittenBy)}};
  }
  return {{"blamed", evidence.blamed.empty() ? Json(nullptr) : Json(evidence.blamed)},
          {"first_difference", first},
          {"nodes_compared", evidence.compared},
          {"command", evidence.command.empty() ? Json(nullptr) : Json(evidence.command)}};
}

Json toJson(const std::optional<graph::run::Equivalence>& verify, const std::optional<Evidence>& evidence) {
  using Status = graph::run::Equivalence::Status;
  bool measured = verify && verify->status != Status::skipped;
  Json bindings = Json::array();
  if (verify)
    for (const auto& binding : verify->bindings) bindings.push_back(toJson(binding));
  Json object;
  object["status"] = !measured ? "skipped" : verify->status == Status::same ? "same" : "different";
  object["bit_identical"] = measured ? Json(verify->bitIdentical) : Json(nullptr);
  object["max_abs"] = measured ? Json(finite(verify->maxAbs)) : Json(nullptr);
  object["outputs"] = verify ? toJson(verify->outputs) : Json::array();
  object["mutated_inputs"] = verify ? toJson(verify->mutatedInputs) : Json::array();
  object["aliasing"] = measured ? Json(verify->aliasing) : Json(nullptr);
  object["bindings"] = bindings;
  object["rounds"] = Json::array();
  if (verify)
    for (const auto& round : verify->rounds) object["rounds"].push_back(toJson(round));
  object["reason"] = verify && !verify->reason.empty() ? Json(verify->reason) : Json(nullptr);
  object["evidence"] = evidence ? toJson(*evidence) : Json(nullptr);
  return object;
}

Json interval(const std::optional<graph::run::Speedup>& gain) { return gain ? Json::array({gain->low, gain->high}) : Json(nullptr); }

Json timePart(const Report& report) {
  const auto& time = report.time;
  std::optional<graph::run::Speedup> gain = time ? time->gain : std::nullopt;
  Json object;
  object["unit"] = "us";
  object["before"] = time ? toJson(time->before) : Json(nullptr);
  object["after"] = time ? toJson(time->after) : Json(nullptr);
  object["speedup"] = gain ? Json(gain->ratio) : Json(nullptr);
  object["ci95"] = interval(gain);
  object["significant"] = gain ? Json(gain->significant) : Json(nullptr);
  object["sweep"] = Json::array();
  for (const auto& point : report.sweep)
    object["sweep"].push_back({{"symbols", toJson(point.symbols)},
                               {"before", toJson(point.before)},
                               {"after", toJson(point.after)},
                               {"speedup", point.gain ? Json(point.gain->ratio) : Json(nullptr)},
                               {"ci95", interval(point.gain)}});
  return object;
}

}  // namespace

Json toJson(const rewrites::CopiedBytes& copied) {
  return {{"update", orNull(copied.update)}, {"copy_", orNull(copied.copy_)}, {"clone", orNull(copied.clone)}};
}

Json toJson(const std::vector<graph::text::Diagnostic>& diagnostics) {
  using graph::text::Severity;
  Json array = Json::array();
  for (const auto& d : diagnostics) {
    array.push_back({{"severity", d.severity == Severity::error     ? "error"
                                  : d.severity == Severity::warning ? "warning"
                                                                    : "note"},
                     {"line", d.line},
                     {"column", d.column},
                     {"message", d.message}});
    if (!d.file.empty()) array.back()["file"] = d.file;
  }
  return array;
}

std::string toText(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

void Report::note(graph::text::Severity severity, std::string message) { diagnostics.push_back({severity, 0, 0, 1, std::move(message)}); }

std::string Report::json() const {
  Json object;
  object["fxloom"] = FXLOOM_VERSION;
  object["schema"] = 1;
  object["command"] = command;
  object["file"] = file.empty() ? Json(nullptr) : Json(file);
  object["torch"] = orNull(torch);
  object["device"] = orNull(device);
  object["symbols"] = toJson(symbols);
  object["graph"] = {{"name", orNull(graph.name)},
                     {"nodes", orNull(graph.nodes)},
                     {"nodes_after", orNull(graph.nodesAfter)},
                     {"copied_bytes", toJson(graph.copied)},
                     {"copied_bytes_after", toJson(graph.copiedAfter.value_or(rewrites::CopiedBytes{}))}};
  object["rewrites"] = Json::array();
  for (const auto& outcome : rewrites) object["rewrites"].push_back(toJson(outcome));
  object["verify"] = toJson(verify, evidence);
  object["time"] = timePart(*this);
  object["memory"] = {{"peak_before", orNull(peakBefore)}, {"peak_after", orNull(peakAfter)}};
  object["diagnostics"] = toJson(diagnostics);
  return toText(object) + "\n";
}

}  // namespace app
