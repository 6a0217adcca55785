// The input is what load_args, the signature or a comment says of a graph that is there: any bytes may stand in it. No crash, no undefined
// behaviour, no hang; and what the graph is given survives print and parse. The first byte chooses the place.
// Run: fuzz_load_args CORPUS_FOLDER (tests/golden/text is a good seed) -max_len=4096
#include <algorithm>
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

constexpr std::string_view kClass = "class Repro(torch.nn.Module):\n";
constexpr std::string_view kForward =
    "    def forward(self, arg0_1, arg1_1, arg2_1: \"f32[s0, 4]\", arg3_1: \"Sym(s1)\", arg4_1):\n";
constexpr std::string_view kBody =
    "        constant = self.constant\n"
    "        add = torch.ops.aten.add.Tensor(arg2_1, arg4_1)\n"
    "        return (add, arg0_1, None, constant)\n\n";

[[noreturn]] void fail(const std::string& why, const std::string& text) {
  std::fprintf(stderr, "%s\n--- text ---\n%s\n", why.c_str(), text.c_str());
  std::abort();
}

/// `lines`, each behind `indent`.
std::string indented(std::string_view lines, std::string_view indent) {
  std::string out;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    out.append(indent).append(lines.substr(0, end)).append("\n");
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return out;
}

std::string wrapped(uint8_t place, std::string_view input) {
  const std::string graph = std::string(kClass) + std::string(kForward) + std::string(kBody);
  switch (place % 6) {
    case 0: return graph + "def load_args(reader):\n    buf0 = reader.storage(None, 64)\n" + indented(input, "    ") + "load_args._version = 0\n";
    case 1: return graph + "Graph signature: \n" + indented(input, "    ");
    case 2: return graph + "Graph signature: ExportGraphSignature(" + std::string(input) + "\n";
    case 3: return graph + "Range constraints: {" + std::string(input) + "\n";
    case 4: return std::string(kClass) + std::string(kForward) + indented(input, "        # ") + std::string(kBody);
    default: return std::string(kClass) + "    def __init__(self):\n" + indented(input, "        ") + std::string(kForward) + std::string(kBody);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string source = wrapped(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  const auto file = text::parse(source);
  for (auto& d : file.diagnostics) text::format(d, "fuzz", source);
  for (auto& graph : file.graphs) {
    if (graph->name().find('.') != std::string::npos) continue;
    const std::string printed = text::print(*graph);
    const auto again = text::parse(printed);
    if (text::hasErrors(file.diagnostics)) continue;   // graphs of such a text are incomplete
    if (text::hasErrors(again.diagnostics)) fail("printed text does not parse: " + text::format(again.diagnostics[0], "printed", printed), printed);
    if (again.graphs.empty()) fail("printed text holds no graph", printed);
    if (auto why = text::difference(*graph, *again.graphs[0]); !why.empty()) fail("print and parse changed " + why, printed);
  }
  return 0;
}
