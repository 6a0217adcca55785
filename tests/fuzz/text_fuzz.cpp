// Any bytes may be parsed: no crash, no undefined behaviour, no hang; and what parses without error survives print and parse.
// Run: text_fuzz CORPUS_FOLDER (tests/golden/text is a good seed) -max_len=4096
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "graph/text/parser.h"
#include "graph/text/printer.h"
#include "tests/text/graph_dump.h"

using namespace graph;

namespace {

[[noreturn]] void fail(const std::string& why, const std::string& text) {
  std::fprintf(stderr, "%s\n--- printed ---\n%s\n", why.c_str(), text.c_str());
  std::abort();
}

void checkRoundTrip(const ir::Graph& graph) {
  std::string printed = text::print(graph);
  auto again = text::parse(printed);
  for (auto& d : again.diagnostics)
    if (d.severity == text::Severity::error) fail("printed text does not parse: " + text::format(d, "printed", printed), printed);
  if (again.graphs.empty()) fail("printed text holds no graph", printed);
  if (auto why = text::difference(graph, *again.graphs[0]); !why.empty()) fail("print and parse changed " + why, printed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view source(reinterpret_cast<const char*>(data), size);
  auto file = text::parse(source);
  for (auto& d : file.diagnostics) text::format(d, "fuzz", source);
  if (text::hasErrors(file.diagnostics)) return 0;
  for (auto& graph : file.graphs)
    if (graph->name().find('.') == std::string::npos) checkRoundTrip(*graph);
  return 0;
}
