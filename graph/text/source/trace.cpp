#include "graph/text/source/trace.h"

#include <nlohmann/json.hpp>

#include "graph/text/source/source_text.h"

namespace graph::text {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kHasPayload = "\"has_payload\"";
constexpr size_t kLongestEvent = 64 << 20;  // bytes of JSON that are looked at

/// The JSON of an event with a payload; empty when the line is none.
std::string_view eventOf(std::string_view line) {
  if (line.empty() || line.size() > kLongestEvent || line.find(kHasPayload) == std::string_view::npos) return {};
  size_t prefix = logPrefixLength(line);
  if (!prefix || prefix >= line.size() || line[prefix] != '{') return {};
  return line.substr(prefix);
}

/// `0/0`, `0/0_1` for a second attempt, `!0/3/0` under compiled autograd: as CompileId prints.
std::string compileId(const Json& event) {
  const auto number = [&](const char* key) {
    auto found = event.find(key);
    return found != event.end() && found->is_number_integer() ? std::to_string(found->get<int64_t>()) : std::string();
  };
  std::string frame = number("frame_id"), compile = number("frame_compile_id"), attempt = number("attempt"), autograd = number("compiled_autograd_id");
  std::string id = frame.empty() || compile.empty() ? "" : frame + "/" + compile;
  if (!autograd.empty()) id = "!" + autograd + (id.empty() ? "" : "/" + id);
  if (!id.empty() && !attempt.empty() && attempt != "0") id += "_" + attempt;
  return id;
}

/// The artefact that an event announces: its key, or the name that an `artifact` or `graph_dump` carries; empty when that is no graph's.
std::string artefactOf(const Json& event) {
  for (const auto& [key, value] : event.items()) {
    std::string name = value.is_object() && value.contains("name") && value["name"].is_string() ? value["name"].get<std::string>() : "";
    if (key == "artifact" || key == "graph_dump") {
      if (value.is_object() && value.value("encoding", "string") != "string") return {};
    } else if (key.find("graph") == std::string::npos) {
      continue;  // frame_id, stack, rank … or an event that holds no graph
    } else {
      name = name.empty() ? key : key + " " + name;  // optimize_ddp_split_child has a name too
    }
    for (const char* word : {"graph", "pre_grad", "post_grad", "exported_program"})
      if (name.find(word) != std::string::npos) return name;
  }
  return {};
}

/// Has the payload a line that opens a graph? Several artefacts that are about graphs (metadata, cache keys) have none.
bool holdsGraph(std::string_view payload) {
  for (size_t at = 0; at < payload.size();) {
    size_t stop = std::min(payload.find('\n', at), payload.size());
    std::string_view line = payload.substr(at, stop - at);
    size_t text = line.find_first_not_of(" \t");
    if (text != std::string_view::npos) {
      line.remove_prefix(text);
      if (line.starts_with("graph():") || line.starts_with("def forward(")) return true;
      if (line.starts_with("class ") && line.find("Module") != std::string_view::npos) return true;
    }
    at = stop + 1;
  }
  return false;
}

}  // namespace

bool isTrace(std::string_view text) {
  // Far apart in a trace, absent elsewhere: a search for the word costs nothing beside parsing.
  for (size_t at = 0; (at = text.find(kHasPayload, at)) != std::string_view::npos; at += kHasPayload.size()) {
    size_t line = text.rfind('\n', at);
    line = line == std::string_view::npos ? 0 : line + 1;
    if (!eventOf(text.substr(line, std::min(text.find('\n', at), text.size()) - line)).empty()) return true;
    at = std::min(text.find('\n', at), text.size() - 1);
  }
  return false;
}

std::vector<Payload> graphPayloads(std::string_view text) {
  std::vector<Payload> found;
  uint32_t number = 1;
  for (size_t at = 0; at < text.size();) {
    size_t stop = std::min(text.find('\n', at), text.size());
    std::string_view json = eventOf(text.substr(at, stop - at));
    at = stop + 1;
    ++number;
    if (json.empty()) continue;
    Payload payload{{}, at, at, number};
    // A blank line of a payload may have lost its TAB.
    while (at < text.size() && (text[at] == '\t' || text[at] == '\n' || text[at] == '\r')) {
      bool isText = text[at] == '\t';
      at = std::min(text.find('\n', at), text.size() - 1) + 1;
      ++number;
      if (isText) payload.end = at;
    }
    if (json.find("graph") == std::string_view::npos && json.find("_grad") == std::string_view::npos && json.find("exported") == std::string_view::npos)
      continue;
    Json event = Json::parse(json, nullptr, false);
    if (!event.is_object()) continue;
    std::string artefact = artefactOf(event);
    if (artefact.empty() || !holdsGraph(text.substr(payload.begin, payload.end - payload.begin))) continue;
    std::string id = compileId(event);
    payload.title = id.empty() ? artefact : artefact + " " + id;
    found.push_back(std::move(payload));
  }
  return found;
}

}  // namespace graph::text
