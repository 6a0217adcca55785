// A structured trace (TORCH_TRACE, what tlparse reads): one glog line with JSON for each event, its payload on the lines that
// follow, each behind a TAB. Finds the payloads that are graphs; guards, metrics, generated code and events are passed over.
// Source: torch/_logging/_internal.py (trace_structured), torch/_guards.py (CompileId). Internal to graph/text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graph::text {

struct Payload {
  std::string title;           // what it is and of which compilation: `aot_forward_graph 0/0`, `dynamo_output_graph 0/0_1`
  size_t begin = 0, end = 0;   // bytes of the text: the payload's lines, with their TABs
  uint32_t line = 1;           // of `begin`
};

/// True when some line is an event of a structured trace that has a payload.
bool isTrace(std::string_view text);
/// The payloads that are graphs, in order. One linear pass.
std::vector<Payload> graphPayloads(std::string_view text);

}  // namespace graph::text
