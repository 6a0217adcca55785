// print(graph) form: whatever bytes stand below `graph():`, no crash, no undefined behaviour, no hang; and what parses without error, in this
// form or any other, survives printGraphForm and parse.
// Run: fuzz_graph_form CORPUS_FOLDER (tests/golden/text is a good seed) -max_len=4096
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

void check(std::string_view source) {
  auto file = text::parse(source);
  for (auto& d : file.diagnostics) text::format(d, "fuzz", source);
  if (text::hasErrors(file.diagnostics)) return;
  for (auto& graph : file.graphs) {
    std::string printed = text::printGraphForm(*graph);
    auto again = text::parse(printed);
    for (auto& d : again.diagnostics)
      if (d.severity == text::Severity::error) fail("printed text does not parse: " + text::format(d, "printed", printed), printed);
    if (again.graphs.size() != 1) fail("printed text does not hold one graph", printed);
    if (auto why = text::difference(text::graphFormPart(*graph), text::graphFormPart(*again.graphs[0])); !why.empty()) fail("print and parse changed " + why, printed);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view source(reinterpret_cast<const char*>(data), size);
  check(source);
  if (source.find("[target=") == source.npos || source.find("graph(") != source.npos) return 0;
  check("graph():\n" + std::string(source));
  return 0;
}
