// fxloom info: what is in a file. Needs no LibTorch.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "app/commands/commands.h"
#include "app/commands/common.h"
#include "app/report_json.h"
#include "app/units.h"
#include "graph/text/printer.h"
#include "rewrites/accesses.h"
#include "rewrites/storage.h"

namespace app::commands {
using Json = nlohmann::ordered_json;
using graph::ir::Graph;
using graph::text::DumpSet;

namespace {

struct GraphFacts {
  std::map<std::string, size_t> operators;
  std::vector<std::string> mutates;
  rewrites::CopiedBytes copied;
  std::map<std::string, graph::ir::Expr> copiedExpressions;  // by kind
};

std::string targetOf(const graph::ir::Node& node) {
  using graph::ir::Op;
  return node.op == Op::call_method   ? "call_method " + node.target
         : node.op == Op::call_module ? "call_module " + node.target
                                      : node.target;
}

GraphFacts factsOf(const Graph& graph, const graph::ir::Binding& binding) {
  using graph::ir::Op;
  GraphFacts facts;
  rewrites::Storage storage(graph);
  std::vector<bool> written(graph.idLimit());  // by owner
  for (auto id : graph) {
    const auto& node = graph.node(id);
    if (node.op == Op::call_function || node.op == Op::call_method || node.op == Op::call_module) ++facts.operators[targetOf(node)];
    rewrites::forEachWrite(storage, id, [&](const rewrites::Write& write) { written[storage.owner(write.value).value] = true; });
    std::string kind;
    if (auto bytes = rewrites::copiedBytes(graph, id, storage.operatorOf(id), &kind)) {
      auto& sum = facts.copiedExpressions[kind];
      sum = sum + *bytes;
    }
  }
  // An ATEN export writes nothing: it returns new contents, and its signature says which results are written back.
  const auto declared = graph.signature().mutated();
  const std::set<std::string> writtenBack(declared.begin(), declared.end());
  for (auto id : graph)
    if (const auto& node = graph.node(id); node.op == Op::placeholder && writtenBack.count(node.target)) written[id.value] = true;
  for (auto id : graph)
    if (const auto& node = graph.node(id); written[id.value] && (node.op == Op::placeholder || node.op == Op::get_attr))
      facts.mutates.push_back(node.target);
  facts.copied = rewrites::copiedBytes(graph, binding);
  return facts;
}

Json dimension(const graph::ir::Expr& size) {
  if (auto number = size.asConstant()) return *number;
  return size.str();
}

// An input goes by its name in the signature (Dynamo: `L_x_`), as in a file of tensors.
Json inputJson(const graph::ir::Node& node) {
  Json dtype = nullptr, shape = nullptr;
  if (const auto* tensor = node.tensor()) {
    dtype = std::string(graph::ir::abbreviation(tensor->dtype));
    shape = Json::array();
    for (const auto& size : tensor->shape) shape.push_back(dimension(size));
  } else if (auto text = graph::text::printMeta(node.meta); !text.empty()) {
    dtype = text;
  }
  return {{"name", node.target}, {"dtype", dtype}, {"shape", shape}};
}

// Null when the text has none.
Json signatureJson(const graph::ir::Signature& signature) {
  if (signature.empty()) return nullptr;
  const auto text = [](const std::string& target) { return target.empty() ? Json(nullptr) : Json(target); };
  Json inputs = Json::array(), outputs = Json::array();
  for (const auto& spec : signature.inputs)
    inputs.push_back({{"name", spec.name}, {"kind", kindName(spec.kind)}, {"target", text(spec.target)}, {"persistent", spec.persistent ? Json(*spec.persistent) : Json(nullptr)}});
  for (const auto& spec : signature.outputs) outputs.push_back({{"kind", kindName(spec.kind)}, {"target", text(spec.target)}});
  return {{"inputs", inputs}, {"outputs", outputs}};
}

// {"s0": {"lower": 2, "upper": null}}: symbols with a stated range.
Json rangesJson(const graph::ir::SymbolTable& table) {
  const auto number = [](const std::optional<int64_t>& bound) { return bound ? Json(*bound) : Json(nullptr); };
  Json::object_t ranges;   // appended to: looking a key up walks over all of them
  for (const auto& [name, facts] : table)
    if (facts.hasRange()) ranges.emplace_back(name, Json{{"lower", number(facts.lower)}, {"upper", number(facts.upper)}});
  return ranges;
}

Json hintsJson(const graph::ir::SymbolTable& table) {
  Json::object_t hints;
  for (const auto& [name, facts] : table)
    if (facts.hint) hints.emplace_back(name, Json(*facts.hint));
  return hints;
}

// Of a folder also: the file, whether the graph is a step of a series, and which earlier one is the same.
void addFolderFacts(Json& json, const DumpSet& dumps, size_t number) {
  const auto& dump = dumps.dumps()[number];
  json["file"] = dumps.sources()[dump.source].key;
  const auto step = dumps.stepOf(number);
  json["series"] = nullptr;
  if (step) {
    const auto& series = dumps.series()[step->series];
    json["series"] = {{"name", series.name}, {"revision", step->number}, {"label", series.labels[step->number]}};
  }
  json["same_as"] = dump.sameAs ? Json(dumps.dumps()[*dump.sameAs].name) : Json(nullptr);
}

void sayFolderFacts(const CommonOptions& common, const DumpSet& dumps, size_t number) {
  if (const auto step = dumps.stepOf(number)) {
    const auto& series = dumps.series()[step->series];
    say(common, "  series    {}, revision {}: {}", series.name, step->number, series.labels[step->number]);
  }
  if (const auto same = dumps.dumps()[number].sameAs) say(common, "  same as   {}", dumps.dumps()[*same].name);
}

Json graphJson(const std::string& name, const Graph& graph, const GraphFacts& facts) {
  Json inputs = Json::array(), operators = Json::object();
  for (auto id : graph.placeholders()) inputs.push_back(inputJson(graph.node(id)));
  for (const auto& [target, count] : facts.operators) operators[target] = count;
  return {{"name", name},
          {"nodes", graph.size()},
          {"operators", operators},
          {"inputs", inputs},
          {"symbols", graph.symbols()},
          {"ranges", rangesJson(graph.symbolTable())},
          {"hints", hintsJson(graph.symbolTable())},
          {"signature", signatureJson(graph.signature())},
          {"mutates", facts.mutates},
          {"copied_bytes", toJson(facts.copied)}};
}

// Names joined by commas, the end of a long list counted.
std::string listed(const std::vector<std::string>& names, size_t limit) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < limit; ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > limit) text += fmt::format(", ... ({} in all)", names.size());
  return text;
}

// `p_weight: f32[4, 4] (parameter lin.weight)`
std::vector<std::string> inputTexts(const Graph& graph) {
  std::map<std::string_view, const graph::ir::InputSpec*> specs;
  for (const auto& spec : graph.signature().inputs) specs.try_emplace(spec.name, &spec);
  std::vector<std::string> texts;
  for (auto id : graph.placeholders()) {
    const auto& node = graph.node(id);
    auto meta = graph::text::printMeta(node.meta);
    texts.push_back(meta.empty() ? node.target : node.target + ": " + meta);
    const auto spec = specs.find(node.target);
    if (spec == specs.end() || spec->second->kind == graph::ir::InputKind::user_input) continue;
    std::string kind(kindName(spec->second->kind));
    for (char& c : kind) c = c == '_' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    texts.back() += fmt::format(" ({}{}{})", kind, spec->second->target.empty() ? "" : " ", spec->second->target);
  }
  return texts;
}

// `s0 (2 to 64, hint 8)`
std::vector<std::string> symbolTexts(const Graph& graph) {
  auto texts = graph.symbols();
  for (auto& text : texts) {
    const auto found = graph.symbolTable().find(text);
    if (found == graph.symbolTable().end()) continue;
    const auto& facts = found->second;
    std::string said;
    if (facts.lower && facts.upper) said = fmt::format("{} to {}", *facts.lower, *facts.upper);
    else if (facts.lower) said = fmt::format(">= {}", *facts.lower);
    else if (facts.upper) said = fmt::format("<= {}", *facts.upper);
    if (facts.hint) said += fmt::format("{}hint {}", said.empty() ? "" : ", ", *facts.hint);
    text += " (" + said + ")";
  }
  return texts;
}

void sayCopies(const CommonOptions& common, const GraphFacts& facts) {
  for (const auto& [kind, expression] : facts.copiedExpressions) {
    auto number = kind == "update" ? facts.copied.update : kind == "copy_" ? facts.copied.copy_ : facts.copied.clone;
    if (number)
      say(common, "  copies    {}: {}", kind, humanBytes(*number));
    else
      say(common, "  copies    {}: {} bytes (--bind the symbols for a number)", kind, expression.str());
  }
  if (facts.copiedExpressions.empty()) say(common, "  copies    nothing");
}

void sayGraph(const CommonOptions& common, const std::string& name, const Graph& graph, const GraphFacts& facts) {
  say(common, "{}: {}", name.empty() ? "graph" : name, counted(graph.size(), "node"));
  const auto inputs = inputTexts(graph);
  std::vector<std::string> operators;
  say(common, "  inputs    {}", inputs.empty() ? "none" : listed(inputs, 8));
  if (auto symbols = symbolTexts(graph); !symbols.empty()) say(common, "  symbols   {}", listed(symbols, 20));
  std::vector<std::pair<std::string, size_t>> byCount(facts.operators.begin(), facts.operators.end());
  std::stable_sort(byCount.begin(), byCount.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [target, count] : byCount) operators.push_back(fmt::format("{} x{}", target, count));
  say(common, "  operators {}", operators.empty() ? "none" : listed(operators, 12));
  say(common, "  changes   {}", facts.mutates.empty() ? "no input" : listed(facts.mutates, 8));
  sayCopies(common, facts);
}

bool hasErrorAt(const std::vector<graph::text::Diagnostic>& all, const graph::text::Diagnostic& place) {
  return place.line && std::any_of(all.begin(), all.end(), [&](const auto& one) {
    return one.severity == graph::text::Severity::error && one.line == place.line && one.file == place.file;
  });
}

}  // namespace

Exit info(const InfoOptions& options, Report& report) {
  auto binding = parseBinding(options.bind);
  GraphFile file(options.file);
  report.diagnostics = file.diagnostics();
  const DumpSet& dumps = *file.dumps();
  std::vector<size_t> chosen;
  if (file.empty() || options.common.graph.empty()) {
    for (size_t number = 0; number < dumps.dumps().size(); ++number) chosen.push_back(number);
  } else {
    file.graph(options.common.graph);
    report.diagnostics = file.chosenDiagnostics();
    chosen.push_back(file.number());
  }
  const auto read = report.diagnostics;
  for (size_t number : chosen)
    for (auto& problem : file.lint(number)) {
      if (hasErrorAt(read, problem)) continue;   // said already, in the words of the text
      problem.severity = graph::text::Severity::warning;  // the file was read; whether it can run is another question
      report.diagnostics.push_back(std::move(problem));
    }
  Json all = Json::array();
  for (size_t number : chosen) {
    const auto& [name, graph, source, isNested, sameAs] = dumps.dumps()[number];
    auto facts = factsOf(*graph, chosen.size() == 1 ? boundSymbols(*graph, binding) : binding);
    if (options.json) {
      all.push_back(graphJson(name, *graph, facts));
      if (dumps.isFolder()) addFolderFacts(all.back(), dumps, number);
    } else {
      sayGraph(options.common, name, *graph, facts);
      sayFolderFacts(options.common, dumps, number);
    }
  }
  if (options.json) fmt::print("{}\n", toText({{"graphs", all}, {"diagnostics", toJson(report.diagnostics)}}));
  std::fflush(stdout);
  if (!options.json && !report.diagnostics.empty()) fmt::print(stderr, "{}\n", file.drawn(report.diagnostics));
  const auto isEmpty = [&](size_t number) { return dumps.dumps()[number].graph->size() == 0; };
  if (chosen.empty() || (hasErrors(read) && std::all_of(chosen.begin(), chosen.end(), isEmpty))) return Exit::unusable;
  const auto& first = dumps.dumps()[chosen.front()];
  describe(report, first.name, *first.graph, chosen.size() == 1 ? boundSymbols(*first.graph, binding) : binding);
  return Exit::yes;
}

}  // namespace app::commands
