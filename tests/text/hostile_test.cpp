// Texts that nobody prints: long, deep, broken or many times the same. Reading each ends, in time and memory that grow as the text does, says
// little about it, and what was read can be printed. The texts are made here, each from a number that its length grows with.
#include <gtest/gtest.h>

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <new>
#include <random>
#include <string>
#include <vector>

#include "graph/text/parser.h"
#include "graph/text/printer.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FXLOOM_COUNTS_MEMORY 0   // the sanitizer's own allocator stays
#else
#define FXLOOM_COUNTS_MEMORY 1
#endif

namespace {

std::atomic<size_t> allocated{0}, peak{0};

#if FXLOOM_COUNTS_MEMORY
void* counted(size_t size) {
  void* memory = std::malloc(size ? size : 1);
  if (!memory) throw std::bad_alloc();
  const size_t now = allocated += malloc_usable_size(memory);
  for (size_t most = peak; now > most && !peak.compare_exchange_weak(most, now);) {}
  return memory;
}

void uncounted(void* memory) noexcept {
  allocated -= malloc_usable_size(memory);
  std::free(memory);
}
#endif

}  // namespace

#if FXLOOM_COUNTS_MEMORY
void* operator new(size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { uncounted(memory); }
void operator delete(void* memory, size_t) noexcept { uncounted(memory); }
#endif

namespace graph::text {
namespace {

/// `count` times `part`, in which a `#` stands for the number of the turn.
std::string times(size_t count, std::string_view part) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    for (char c : part) {
      if (c == '#') out += std::to_string(i);
      else out += c;
    }
  }
  return out;
}

/// `part`, once for every so many bytes.
std::string repeated(size_t bytes, std::string_view part) {
  std::string out;
  out.reserve(bytes + part.size());
  while (out.size() < bytes) out += part;
  return out;
}

std::string randomBytes(size_t bytes, std::string_view alphabet) {
  std::minstd_rand random(7);
  std::string out;
  while (out.size() < bytes) out += alphabet.empty() ? static_cast<char>(random() >> 8 & 0xFF) : alphabet[(random() >> 8) % alphabet.size()];
  std::replace_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\n'; }, ' ');   // many of these are binary data
  return out;
}

std::string body(std::string_view statements) { return "def forward(self, x):\n    " + std::string(statements) + "\n    return (x,)\n"; }
std::string indentedClasses(size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += std::string(i % 1000, ' ') + "class A" + std::to_string(i) + "(torch.nn.Module):\n";
  return out + std::string(1001, ' ') + "def forward(self, x):\n" + std::string(1005, ' ') + "return (x,)\n";
}

constexpr std::string_view kPrefix = "V0716 11:20:08.832000 1234 torch/x.py:189] [0/0] [__aot_graphs] ";
constexpr std::string_view kNode = "%a# : [num_users=1] = call_function[target=torch.ops.aten.relu.default](args = (%x,), kwargs = {})\n";
constexpr std::string_view kEvent = "V0716 11:20:08.832000 1234 torch/x.py:189] {\"aot_forward_graph\": {}, \"frame_id\": 0, \"frame_compile_id\": #, \"has_payload\": \"0\"}\n";

struct Hostile {
  const char* name;
  size_t bytes;   // about what the text is long
  std::function<std::string(size_t bytes)> make;
};

const std::vector<Hostile>& texts() {
  constexpr size_t k = 1000;
  static const std::vector<Hostile> all = {
      {"placeholders", 800 * k, [](size_t n) { return "def forward(self" + times(n / 8, ", a#") + "):\n    return (a0,)\n"; }},
      {"placeholders in lines", 800 * k, [](size_t n) { return "def forward(\n    self,\n" + times(n / 24, "    a#: \"f32[2]\",\n") + "):\n    return (a0,)\n"; }},
      {"inputs of a fragment", 400 * k, [](size_t n) { return times(n / 50, "x# = torch.ops.aten.add.Tensor(y#, z#)\n"); }},
      {"late inputs of a fragment", 200 * k, [](size_t n) { return times(n / 90, "x# = torch.ops.aten.view.default(y#, z#.shape)\n") + times(n / 90, "w# = torch.ops.aten.relu.default(z#)\n"); }},
      {"names never defined", 800 * k, [](size_t n) { return body(times(n / 40, "b# = torch.ops.aten.relu.default(c#)\n    ")); }},
      {"one name defined again", 800 * k, [](size_t n) { return body(repeated(n, "b = torch.ops.aten.relu.default(x)\n    ")); }},
      {"nested brackets", 1000 * k, [](size_t n) { return body("y = f(" + std::string(n, '(')); }},
      {"nested lists", 1000 * k, [](size_t n) { return body("y = f(" + std::string(n / 2, '[') + std::string(n / 2, ']') + ")"); }},
      {"nested dicts", 600 * k, [](size_t n) { return body("y = f(" + repeated(n, "{1: ")); }},
      {"nested calls", 600 * k, [](size_t n) { return body("y = " + repeated(n, "torch.relu(")); }},
      {"nested getattr", 600 * k, [](size_t n) { return body("y = " + repeated(n, "getattr(")); }},
      {"nested signs", 600 * k, [](size_t n) { return body("y = f(" + repeated(n, "~") + "x)"); }},
      {"sums", 120 * k, [](size_t n) { return body("y = x" + repeated(n, " + x")); }},
      {"powers", 120 * k, [](size_t n) { return body("y = x" + repeated(n, " ** x")); }},
      {"indices", 120 * k, [](size_t n) { return body("y = x" + repeated(n, "[0]")); }},
      {"members", 600 * k, [](size_t n) { return body("y = f(x" + repeated(n, ".a") + ")"); }},
      {"nested reprs", 600 * k, [](size_t n) { return body("y = f(" + repeated(n, "Pair(") + "x"); }},
      {"unclosed object reprs", 300 * k, [](size_t n) { return body(times(n / 20, "y# = f(<object)\n    ")); }},
      {"a nested annotation", 1000 * k, [](size_t n) { return body("y: \"f32[" + std::string(n, '(') + "\" = torch.relu(x)"); }},
      {"a bare nested annotation", 1000 * k, [](size_t n) { return body("y: f32[" + std::string(n, '(') + " = torch.relu(x)"); }},
      {"a nested wrapper", 1000 * k, [](size_t n) { return body("y: \"" + repeated(n, "A(") + "\" = torch.relu(x)"); }},
      {"a long symbol", 1000 * k, [](size_t n) { return body("y: \"f32[s0" + repeated(n, " + s0") + "]\" = torch.relu(x)"); }},
      {"a product of sums", 1000 * k, [](size_t n) { return body("y: \"f32[1" + repeated(n / 200, "*(s0 + s1 + 1)") + "]\" = torch.relu(x)"); }},
      {"a nested default", 1000 * k, [](size_t n) { return "def forward(self, x = " + std::string(n, '[') + "):\n    return (x,)\n"; }},
      {"a long name", 1000 * k, [](size_t n) { return body(std::string(n, 'a') + " = torch.relu(x)"); }},
      {"a long name never defined", 1000 * k, [](size_t n) { return body("y = torch.relu(" + std::string(n, 'a') + ")"); }},
      {"a long operator", 1000 * k, [](size_t n) { return body("y = torch.ops.aten." + std::string(n, 'a') + ".default(x)"); }},
      {"a long number", 1000 * k, [](size_t n) { return body("y = f(" + std::string(n, '9') + ", 1." + std::string(n, '9') + ")"); }},
      {"a long string", 1000 * k, [](size_t n) { return body("y = f('" + std::string(n, '\'') + "\\')"); }},
      {"a long comment", 1000 * k, [](size_t n) { return body("# " + std::string(n, '#') + "\n    y = torch.relu(x)"); }},
      {"many comments", 600 * k, [](size_t n) { return body(times(n / 24, "# File: a.py:#\n    ") + "y = torch.relu(x)"); }},
      {"long deletions", 600 * k, [](size_t n) { return body("y = torch.relu(x);  " + times(n / 9, "a# = ") + "None"); }},
      {"keyword arguments", 100 * k, [](size_t n) { return body("y = f(" + times(std::min<size_t>(n / 10, 3000), "k# = 1, ") + ")"); }},
      {"lone quotes", 300 * k, [](size_t n) { return body(repeated(n, "y = f(\"\n    z = '\n    ")); }},
      {"open docstrings", 300 * k, [](size_t n) { return repeated(n, "\"\"\"\ndef forward(self, x):\n    \"\"\"\n"); }},
      {"a docstring that nothing closes", 1000 * k, [](size_t n) { return body("\"\"\"\n" + repeated(n, "    y = torch.relu(x)\n")); }},
      {"statements in one line", 400 * k, [](size_t n) { return body(times(n / 26, "a# = torch.relu(x); ")); }},
      {"semicolons", 1000 * k, [](size_t n) { return body(std::string(n, ';')); }},
      {"early returns", 300 * k, [](size_t n) { return "def forward(self, x):\n" + repeated(n, "    return (x,)\n"); }},
      {"elisions", 200 * k, [](size_t n) { return body(times(n / 45, "...\n    a# = torch.add(x, b#)\n    ")); }},
      {"nested classes", 500 * k, [](size_t n) { return indentedClasses(n / 500); }},
      {"classes in a row", 600 * k, [](size_t n) { return times(n / 30, "class A#(torch.nn.Module):\n"); }},
      {"classes with the name of one", 200 * k, [](size_t n) { return "class B(torch.nn.Module):\n  def forward(self, x):\n    return (x,)\n" + repeated(n, "  class A(torch.nn.Module):\n   def forward(self, x):\n    return (x,)\n"); }},
      {"functions", 400 * k, [](size_t n) { return times(n / 40, "def f#(self, x):\n    return (x,)\n"); }},
      {"functions without a body", 300 * k, [](size_t n) { return times(n / 16, "def f#(self):\n"); }},
      {"functions that never close", 300 * k, [](size_t n) { return times(n / 12, "def f#(a,\n"); }},
      {"headers of print(graph)", 200 * k, [](size_t n) { return repeated(n, "graph():\n"); }},
      {"headers with parameters", 300 * k, [](size_t n) { return "graph(" + times(n / 8, "a#, ") + "):\n" + repeated(n, "    return a0\n"); }},
      {"nodes of print(graph)", 500 * k, [](size_t n) { return "graph():\n    %x : [num_users=1] = placeholder[target=x]\n" + times(n / 100, "    " + std::string(kNode)); }},
      {"fragments of print(graph)", 500 * k, [](size_t n) { return repeated(n, kNode.substr(0, 2)) + "\n" + times(n / 100, std::string(kNode) + "text\n"); }},
      {"nested arguments of print(graph)", 600 * k, [](size_t n) { return "graph():\n    %y : [num_users=1] = call_function[target=f](args = (" + std::string(n, '(') + "), kwargs = {})\n"; }},
      {"nested dicts of print(graph)", 300 * k, [](size_t n) { return "graph():\n    %y : [num_users=1] = call_function[target=f](args = (" + repeated(n, "{a: ") + "), kwargs = {})\n"; }},
      {"object reprs of print(graph)", 300 * k, [](size_t n) { return "graph():\n    %y : [num_users=1] = call_function[target=f](args = (" + repeated(n, "<a, ") + "), kwargs = {})\n"; }},
      {"kwargs of print(graph)", 300 * k, [](size_t n) { return "graph():\n    %y : [num_users=1] = call_function[target=f](args = (" + repeated(n, "kwargs ") + "), kwargs = {})\n"; }},
      {"nested targets of print(graph)", 600 * k, [](size_t n) { return "graph():\n    %y : [num_users=1] = call_function[target=" + std::string(n, '[') + "](args = (), kwargs = {})\n"; }},
      {"tables without rows", 300 * k, [](size_t n) { return repeated(n, "opcode  name  target  args  kwargs\n------  ----  ------  ----  ------\n"); }},
      {"a table with a wide row", 600 * k, [](size_t n) { return "opcode  name  target  args  kwargs\n------  ----  ------  ----  ------\ncall_function  y  f  (" + std::string(n, '(') + "  {}\n"; }},
      {"fragments of kernels", 300 * k, [](size_t n) { return repeated(n, "# Graph fragment:\n#   %y : [num_users=1] = call_function[target=f](args = (), kwargs = {})\nk = async_compile.triton('''\n"); }},
      {"log prefixes alone", 600 * k, [](size_t n) { return repeated(n, std::string(kPrefix) + "\n"); }},
      {"log prefixes in one line", 600 * k, [](size_t n) { return repeated(n, kPrefix); }},
      {"headings", 300 * k, [](size_t n) { return times(n / 30, "===== Forward graph # =====\n"); }},
      {"escapes alone", 600 * k, [](size_t n) { return repeated(n, "\x1b[31m"); }},
      {"escapes that never end", 600 * k, [](size_t n) { return repeated(n, "\x1b["); }},
      {"numbers of an escape", 600 * k, [](size_t n) { return repeated(n, "\x1b[1;") + body("y = torch.relu(x)"); }},
      {"entities", 600 * k, [](size_t n) { return body("y = f(" + repeated(n, "&quot;")); }},
      {"cut lines", 600 * k, [](size_t n) { return body(times(n / 60, "a# = torch.ops.aten.add.Tensor(x,\n x);  b# = \nNone\n    ")); }},
      {"a quotation", 600 * k, [](size_t n) { return repeated(n, ">>>>>>>> > > > >\n"); }},
      {"line numbers", 600 * k, [](size_t n) { return times(n / 9, "# | \n"); }},
      {"blank lines", 600 * k, [](size_t n) { return repeated(n, "\n \n\r\n"); }},
      {"carriage returns", 600 * k, [](size_t n) { return body(std::string(n, '\r')); }},
      {"a load_args that is nested", 600 * k, [](size_t n) { return body("") + "def load_args(reader):\n    buf0 = reader.storage(" + std::string(n, '(') + "\n"; }},
      {"a long load_args", 600 * k, [](size_t n) { return body("") + "def load_args(reader):\n" + times(n / 100, "    buf# = reader.storage(None, 4)\n    reader.tensor(buf#, (1,), is_leaf=True)  # a#\n"); }},
      {"many load_args", 300 * k, [](size_t n) { return body("") + repeated(n, "def load_args(reader):\n    reader.symint(5)  # s0\n"); }},
      {"a nested signature", 600 * k, [](size_t n) { return body("") + "Graph signature: ExportGraphSignature(" + std::string(n, '(') + "\n"; }},
      {"an unclosed signature", 600 * k, [](size_t n) { return body("") + "Graph signature: ExportGraphSignature(input_specs=[" + repeated(n, "InputSpec(kind=<InputKind.USER_INPUT: 1>, ") + "\n"; }},
      {"many signatures", 300 * k, [](size_t n) { return body("") + repeated(n, "Graph signature: \n    # inputs\n    x: USER_INPUT\n\n"); }},
      {"a long range constraint", 600 * k, [](size_t n) { return body("") + "Range constraints: {" + times(n / 20, "u#: VR[0, 4], ") + "}\n"; }},
      {"nested range constraints", 600 * k, [](size_t n) { return body("") + "Range constraints: {" + std::string(n, '(') + "}\n"; }},
      {"values of symbols", 600 * k, [](size_t n) { return times(n / 8, "s# = 8\n") + body("y = torch.relu(x)"); }},
      {"state of a module", 600 * k, [](size_t n) { return "class A(torch.nn.Module):\n    def __init__(self):\n" + times(n / 40, "        self.a# = torch.nn.Linear(2, 2)\n") + "    def forward(self, x):\n        return (x,)\n"; }},
      {"stated lines", 600 * k, [](size_t n) { return "def forward(self, x):\n" + times(n / 24, "    # symbol: s# in [0, 4]\n") + "    return (x,)\n"; }},
      {"guards", 200 * k, [](size_t n) { return "def forward(self, x):\n" + times(n / 24, "    # guard: s# >= 2\n") + "    return (x,)\n"; }},
      {"events without payloads", 600 * k, [](size_t n) { return times(n / 130, kEvent); }},
      {"events with broken JSON", 600 * k, [](size_t n) { return times(1, kEvent) + repeated(n, "V0716 11:20:08.832000 1234 torch/x.py:189] {\"graph\": {\"has_payload\"\n\tdef forward(self):\n"); }},
      {"an event with nested JSON", 300 * k, [](size_t n) { return times(1, kEvent) + "V0716 11:20:08.832000 1234 torch/x.py:189] {\"has_payload\": \"0\", \"graph\": " + std::string(n, '[') + "\n"; }},
      {"a payload that never ends", 600 * k, [](size_t n) { return times(1, kEvent) + "\tdef forward(self, x):\n" + times(n / 30, "\t    y# = torch.relu(x)\n"); }},
      {"many payloads", 600 * k, [](size_t n) { return times(n / 190, std::string(kEvent) + "\tdef forward(self, x):\n\t    return (x,)\n"); }},
      {"zero bytes", 300 * k, [](size_t n) { return body("y = torch.relu(x)") + std::string(n, '\0'); }},
      {"bytes that are no UTF-8", 600 * k, [](size_t n) { return body(repeated(n, "\xFF\xC0\x80 = \xF8\x88(\xED\xA0\x80)\n    ")); }},
      {"continuation bytes", 600 * k, [](size_t n) { return body("y = f(" + std::string(n, '\x80') + ")"); }},
      {"random bytes", 400 * k, [](size_t n) { return randomBytes(n, {}); }},
      {"random bytes in a graph", 400 * k, [](size_t n) { return body(randomBytes(n, {})); }},
      {"random Python", 200 * k, [](size_t n) { return "def forward(self, x):\n    " + randomBytes(n, "xy.,=()[]{}:;'\"%<>#-+*0 1\n\n    "); }},
      {"a long line of prose", 1000 * k, [](size_t n) { return repeated(n, "what does not look like a graph "); }},
  };
  return all;
}

struct Cost {
  double seconds = 0;   // of this thread's processor time
  size_t memory = 0;    // the most that was in use
  ParsedFile file;
};

double processorTime() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Reads a text, shows what is said about it, prints what was read.
Cost readAndPrint(const std::string& text) {
  Cost cost;
  const size_t before = allocated;
  peak = before;
  const double started = processorTime();
  cost.file = parse(text);
  for (size_t i = 0; i < std::min<size_t>(cost.file.diagnostics.size(), 20); ++i) format(cost.file.diagnostics[i], "text", text);
  for (auto& graph : cost.file.graphs)
    if (graph->name().find('.') == std::string::npos) print(*graph);
  cost.seconds = processorTime() - started;
  cost.memory = peak - before;
  return cost;
}

void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.bytes << " bytes"; }

class HostileTest : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostileTest, IsReadInTimeAndMemoryThatGrowAsTheTextDoes) {
  const Hostile& hostile = GetParam();
  const std::string text = hostile.make(hostile.bytes), quarter = hostile.make(hostile.bytes / 4);
  Cost cost = readAndPrint(text);
  EXPECT_LE(cost.file.diagnostics.size(), 402u);
  for (auto& diagnostic : cost.file.diagnostics) ASSERT_LE(diagnostic.message.size(), 2000u) << diagnostic.message.substr(0, 200);
  // A node, of 800 bytes, may stand in three: `+ x`.
  if (FXLOOM_COUNTS_MEMORY) {
    EXPECT_LE(cost.memory, 300 * text.size() + (4 << 20)) << static_cast<double>(cost.memory) / static_cast<double>(text.size()) << " bytes a byte";
  }
  // Four times the text may take four times as long, and another machine's noise; work that grows with the square takes sixteen times.
  bool isLinear = false;
  double ratio = 0;
  for (int attempt = 0; attempt < 4 && !isLinear; ++attempt) {
    const double small = readAndPrint(quarter).seconds;
    ratio = cost.seconds / small;
    isLinear = cost.seconds <= 8 * small + 0.01;
    if (!isLinear) cost = readAndPrint(text);
  }
  EXPECT_TRUE(isLinear) << "four times the text took " << ratio << " times as long";
}

INSTANTIATE_TEST_SUITE_P(Texts, HostileTest, ::testing::ValuesIn(texts()), [](const auto& test) {
  std::string name = test.param.name;
  std::replace_if(name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
});

TEST(HostileSnippets, NestedDeepOrLong) {
  const ir::Graph graph("forward");
  for (std::string_view part : {"(", "[", "{1: ", "-", "f(", "torch.relu(", "getattr(self, ", "x.", "slice(", "<", "~"}) {
    const std::string text = repeated(300'000, part);
    EXPECT_THROW(parseArgument(text, graph), ParseFailure) << part;
    EXPECT_THROW(parseCall(text, graph), ParseFailure) << part;
    parseMeta(text);
    parseMeta("f32[" + text + "]");
  }
}

}  // namespace
}  // namespace graph::text
