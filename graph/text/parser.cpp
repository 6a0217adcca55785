// The file as a whole: finds the graphs among log lines, imports and helper functions, and hands each to its reader.
#include "graph/text/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "graph/text/blocks.h"
#include "graph/text/dumps/file_text.h"
#include "graph/text/expression.h"
#include "graph/text/function.h"
#include "graph/text/graph_form/graph_form.h"
#include "graph/text/graph_form/tabular.h"
#include "graph/text/implied.h"
#include "graph/text/operators.h"
#include "graph/text/stated/export_signature.h"
#include "graph/text/stated/load_args.h"
#include "graph/text/stated/module_state.h"

namespace graph::text {
namespace {

constexpr std::string_view kNoGraph =
    "no graph is in this text: expected 'class NAME(torch.nn.Module):', 'def forward(self, ...):', 'graph():' or statements such as x = torch.ops.aten.relu.default(y)";

/// Stands above the nodes of a kernel in the code that Inductor writes.
constexpr std::string_view kInductorGraph = "# Graph fragment:";
constexpr size_t kMostValues = 100'000;   // lines `s0 = 8` that are remembered
constexpr int kMostDescriptions = 8;      // sections behind a graph that are read
constexpr std::string_view kNoPayload = "this structured trace has no graph among its payloads";

/// The title in `===== Forward graph 0 =====`; empty when the line is none.
std::string_view logTitle(std::string_view content) {
  if (!content.starts_with("===")) return {};
  size_t begin = content.find_first_not_of("= "), end = content.find_last_not_of("= ");
  return begin == std::string_view::npos || end + 4 > content.size() ? std::string_view() : content.substr(begin, end + 1 - begin);
}

/// The name in `class NAME(torch.nn.Module):`, also behind the path that a log puts before it; empty when the line is none.
std::string_view className(std::string_view content) {
  size_t at = content.starts_with("class ") ? 0 : content.find(" class ");
  if (at == std::string_view::npos || !content.ends_with(':')) return {};
  if (at) {
    if (!content.ends_with("Module):") || content.substr(0, at).find(' ') != std::string_view::npos) return {};
    ++at;
  }
  size_t begin = at + 6, open = content.find('(', begin);
  if (open == std::string_view::npos || open == begin || open - begin > 1000) return {};
  auto name = content.substr(begin, open - begin);
  if (content.substr(open).find("Module") == std::string_view::npos) return {};
  return name;
}

std::string_view functionName(std::string_view content) {
  if (!startsWithWord(content, "def")) return {};
  size_t begin = content.find_first_not_of(' ', 3);
  if (begin == std::string_view::npos) return {};
  size_t end = begin;
  while (end < content.size() && isNameChar(content[end])) ++end;
  return content.substr(begin, end - begin);
}

class FileParser {
 public:
  FileParser(std::string_view original, bool takesSourceCode) : source_(original), problems_(source_), takesSourceCode_(takesSourceCode) {}

  ParsedFile parse() {
    ParsedFile file;
    try {
      for (const SourceText::Section& section : source_.sections()) scan(section);
      if (source_.isTrace() && !foundGraph_ && !problems_.errors()) problems_.fileError(std::string(kNoPayload));
      else if (!foundGraph_ && !leftOut_ && !source_.isTrace()) fragment();
    } catch (const GiveUp&) {
    }
    file.graphs = blocks_.finish(&file.titles);
    file.isTrace = source_.isTrace();
    if (!file.graphs.empty()) reportPaste();
    isOnlySourceCode_ = file.graphs.empty() && leftOut_;
    file.diagnostics = problems_.take();
    return file;
  }

  /// Nothing was read, because every function was taken for source code.
  bool isOnlySourceCode() const { return isOnlySourceCode_; }

 private:
  void reportPaste() {
    if (leftOut_) problems_.note(firstLeftOut_, leftOut_ == 1 ? "this function is left out: it is the source code of a module, not a printed graph"
                                                               : fmt::format("{} functions are left out, this one first: they are the source code of modules, not printed graphs", leftOut_));
    const auto join = source_.firstJoin();
    if (size_t joins = source_.joinCount()) problems_.warning({join, join}, fmt::format("the lines of this text were cut: {} line{} joined to the line before", joins, joins == 1 ? " is" : "s are"));
    if (source_.hasEntities()) problems_.note({0, 0}, "HTML entities such as &quot; are read as the characters that they stand for");
  }

  /// Helper functions of a script (load_args, kernels) are no graphs when there is a `forward`.
  bool isGraphFunction(std::string_view name) const { return name == "forward" || (!hasForward_ && !hasInductorGraphs_ && !name.starts_with("__")); }

  void scan(const SourceText::Section& section) {
    const std::string_view text = text_ = source_.text().substr(0, section.end);
    lexers_.emplace_back(text);  // a payload that is cut short ends where it ends
    blocks_.closeTo(0);
    blocks_.setTitle(section.title, source_.isTrace());
    hasForward_ = false;
    for (size_t at = section.begin; (at = text.find("def forward", at)) != std::string_view::npos && !hasForward_; at += 11)
      hasForward_ = at + 11 < text.size() && !isNameChar(text[at + 11]);
    hasInductorGraphs_ = !hasForward_ && text.find(kInductorGraph, section.begin) != std::string_view::npos;
    ExportSignature exported(text, problems_);
    for (LineStart at{static_cast<uint32_t>(section.begin), section.line}, next; at.offset < text.size(); at = next) {
      Line line = lineAt(text, at, next);
      enterString(line);
      if (hasInductorGraphs_ && line.content == kInductorGraph && next.offset < text.size()) next = readInductorGraph(next);
      if (line.content.empty() || line.content[0] == '#') continue;
      if (auto name = className(line.content); !name.empty()) {
        const std::string clean = withoutControls(name);
        if (clean != name) problems_.warning(rangeOf(name), fmt::format("control characters in the name of a class: it is called '{}' here", clean));
        blocks_.openClass(clean, line.indent);
        state_.clear();
      } else if (line.content.starts_with("def load_args(reader")) {
        next = loadArgs(line, next);
      } else if (auto function = functionName(line.content); !function.empty() && isGraphFunction(function)) {
        next = readFunction(line, function);
      } else if (isGraphHeader(line.content)) {
        next = readForm<GraphFormParser>(line, "graph", false);
      } else if (isGraphFormNode(line.content)) {
        next = readForm<GraphFormParser>(line, "fragment", true);
      } else if (auto table = tableName(line.content); !table.empty()) {
        next = readForm<TableParser>(line, table, false);
      } else if (exported.read(line, next)) {
        stated(exported.take(), line);
      } else if (state_.read(line.content, offsetOf(line))) {
        continue;
      } else {
        if (auto title = logTitle(line.content); !title.empty() && !source_.isTrace()) blocks_.setTitle(std::string(title), false);
        blocks_.closeTo(line.indent);
        if (line.indent == 0 && values_.symbols() < kMostValues) readSymbolValues(line.content, offsetOf(line), values_);
      }
    }
  }

  /// `"""def forward(…):`, `f("""class GraphModule(…):`: a text in a Python string begins behind the quotes, in the first column.
  static void enterString(Line& line) {
    const size_t quotes = std::min(line.content.find("\"\"\""), line.content.find("'''"));
    if (quotes == std::string_view::npos) return;
    const std::string_view inside = line.content.substr(quotes + 3);
    if (!startsWithWord(inside, "def") && !startsWithWord(inside, "class") && !startsWithWord(inside, "graph")) return;
    line.content = inside;
    line.indent = 0;
  }

  Range rangeOf(std::string_view part) const { return rangeIn(source_.text(), part); }
  uint32_t offsetOf(const Line& line) const { return rangeOf(line.content).begin; }

  LineStart loadArgs(const Line& line, LineStart next) {
    LoadArgs arguments(text_, problems_);
    Declared values = std::exchange(values_, {});
    next = arguments.read(line, next, values);
    if (ir::Graph* graph = described(line)) {
      arguments.apply(*graph, values);
      values.apply(*graph, problems_);
    }
    return next;
  }

  void stated(const Declared& declared, const Line& line) {
    if (ir::Graph* graph = described(line)) declared.apply(*graph, problems_);
  }

  /// The graph before, which the section that begins on `line` describes. Null, and said so, when there is none or when it was described too
  /// often: each costs a walk over the graph.
  ir::Graph* described(const Line& line) {
    ir::Graph* graph = blocks_.lastOutermost();
    if (graph != describedGraph_) descriptions_ = 0;
    describedGraph_ = graph;
    if (graph && ++descriptions_ <= kMostDescriptions) return graph;
    problems_.warning(rangeOf(line.content.substr(0, 17)),
                      graph ? fmt::format("this is not read: {} sections about the graph before were", kMostDescriptions) : "no graph stands before this");
    return nullptr;
  }

  /// Reads one graph with `body`. Where lines are missing, a name that stands in text which nobody could understand (`x.shape`, `Pair(x)`)
  /// may turn out to be an input further down: inputs stand first, so the graph is read again with that input known.
  template <class Body> void read(ir::Graph& graph, bool isFragment, Body body) {
    constexpr int kMostReadings = 4;
    const size_t before = problems_.count();
    std::vector<Scope::Mention> inputs;
    for (int readings = 1;; ++readings) {
      Scope scope(graph, problems_, isFragment, inputs);
      Reader reader{lexers_.back(), problems_, caches_, &scope};
      body(reader);
      if (scope.lateInputs().empty()) return;
      if (readings == kMostReadings) {
        const Scope::Mention& late = scope.lateInputs().front();
        return problems_.error(late.where, fmt::format("'{}' is an input further down: what it means here cannot be told", late.name));
      }
      inputs.insert(inputs.end(), scope.lateInputs().begin(), scope.lateInputs().end());
      graph = ir::Graph(graph.name());
      problems_.truncate(before);
      caches_.callees = {};  // they know what was reported
    }
  }

  LineStart readFunction(const Line& line, std::string_view name) {
    const bool hadGraph = std::exchange(foundGraph_, true);
    const size_t before = problems_.count(), errors = problems_.errors();
    ir::Graph& graph = blocks_.openFunction(name, line.indent);
    LineStart next;
    bool hasGap = false, isStandIn = false, isSource = false;
    read(graph, false, [&](Reader& reader) {
      FunctionParser function(reader, false);
      next = function.parse(line);
      hasGap = reader.scope->isFragment();
      isStandIn = function.isStandIn();
      isSource = function.isSource();
    });
    state_.apply(graph, problems_);
    relocate(graph);
    if (hasGap) addImpliedAnnotations(graph);
    if (!graph.output() && !isStandIn) {
      const Range header = rangeOf(line.content);
      auto message = fmt::format("'{}' has no return statement: the text is cut short", name);
      if (graph.size() == graph.placeholders().size()) {
        problems_.error(header, std::move(message));
      } else {
        graph.setCut(true);
        problems_.warning(header, message + ", and the graph has no output");
      }
    }
    const uint32_t begin = offsetOf(line);
    if (isSource && problems_.errors() > errors && !takesSourceCode_ && !isPrinted(text_.substr(begin, next.offset - begin))) {
      problems_.truncate(before);
      if (!leftOut_++) firstLeftOut_ = rangeOf(line.content);
      foundGraph_ = hadGraph;
      blocks_.drop(graph);
    }
    return next;
  }

  /// A graph that print(graph) or print_tabular() shows.
  template <class Parser, class... More> LineStart readForm(const Line& line, std::string_view name, bool isFragment, More... more) {
    foundGraph_ = true;
    blocks_.closeTo(line.indent);
    ir::Graph& graph = blocks_.addGraph(std::string(name));
    LineStart next;
    read(graph, isFragment, [&](Reader& reader) {
      next = Parser(reader, more...).parse(line);
      lexers_.back().setEnd();
    });
    if (!isFragment && !graph.output()) graph.setCut(true);
    relocate(graph);
    if (isFragment) addImpliedAnnotations(graph);
    return next;
  }

  /// The nodes that went into a kernel, in the comments above it; called by the kernel.
  LineStart readInductorGraph(LineStart at) {
    std::string_view text = text_, name = "fragment";
    LineStart next;
    Line line = lineAt(text, at, next), below = line;
    if (const size_t first = line.content.find_first_not_of("# "); first == std::string_view::npos || line.content[first] != '%') return at;  // no node went into it
    while (below.content.starts_with('#') && below.content != kInductorGraph && next.offset < text.size()) below = lineAt(text, next, next);
    const std::string_view kernel = below.content.substr(0, below.content.find(" = async_compile."));
    if (kernel.size() < below.content.size() && isIdentifier(kernel)) name = kernel;
    return readForm<GraphFormParser>(line, name, true, true);
  }

  /// Lines of nodes in the text as it was given, where lines were joined.
  void relocate(ir::Graph& graph) const {
    if (!source_.joinCount()) return;
    for (ir::NodeId id : std::vector<ir::NodeId>(graph.begin(), graph.end())) {
      ir::Node node = graph.node(id);
      if (node.line) node.line = source_.originalLine(node.line);
      graph.replace(id, std::move(node));
    }
  }

  /// Statements without a `def`, as pasted into a question. Prose is not taken for statements: when fewer lines can be read
  /// than not, the text is no graph.
  void fragment() {
    const size_t before = problems_.count();
    ir::Graph graph("fragment");
    size_t failures = 0, prose = 0;
    Range firstProse;
    read(graph, true, [&](Reader& reader) {
      reader.scope->setSelf("self");   // the module, whose signature was not pasted
      FunctionParser body(reader, true);
      try {
        body.parseBody({}, 0);
      } catch (const GiveUp&) {
      }
      failures = body.failures();
      prose = body.proseLines();
      firstProse = body.firstProse();
    });
    size_t read = graph.size() - graph.placeholders().size();
    // An operator's call is a statement whatever is said around it; `x = 3` between words may be none.
    if (read == 0 || failures + (hasOperatorCall(graph) ? 0 : prose) > read) {
      problems_.truncate(before);
      if (!problems_.errors()) problems_.fileError(std::string(kNoGraph));
      return;
    }
    if (prose) problems_.warning(firstProse, prose == 1 ? "this line is no statement: it is left out" : fmt::format("{} lines that are no statements are left out, this one first", prose));
    relocate(graph);
    addImpliedAnnotations(graph);
    blocks_.addGraph("fragment") = std::move(graph);
  }

  static bool hasOperatorCall(const ir::Graph& graph) {
    return std::any_of(graph.begin(), graph.end(), [&](ir::NodeId id) {
      const ir::Node& node = graph.node(id);
      return node.op == ir::Op::call_function && std::count(node.target.begin(), node.target.end(), '.') == 2;
    });
  }

  SourceText source_;
  std::string_view text_;     // up to the end of the section that is read
  Problems problems_;
  std::deque<Lexer> lexers_;  // one for each section; names that a line wrap had cut live in them
  FileCaches caches_;
  Blocks blocks_;
  ModuleState state_;  // of the class being read
  Declared values_;   // lines `s0 = 8` before a graph
  const ir::Graph* describedGraph_ = nullptr;
  int descriptions_ = 0;
  bool hasForward_ = false;
  bool hasInductorGraphs_ = false;  // and no other
  bool foundGraph_ = false;
  const bool takesSourceCode_;
  size_t leftOut_ = 0;          // functions that are source code
  Range firstLeftOut_;
  bool isOnlySourceCode_ = false;
};

/// Of a large file only one that has any of the words that graphs consist of is cleaned and read.
constexpr size_t kLarge = 64 << 20;
bool mayHoldGraph(std::string_view text) {
  for (std::string_view word : {"torch.", "def ", "class ", "aten.", "prims.", "graph(", "[target=", "opcode", "has_payload"})
    if (text.find(word) != text.npos) return true;
  return false;
}

ParsedFile onlyError(std::string message) {
  ParsedFile file;
  file.diagnostics.push_back({Severity::error, 0, 0, 1, std::move(message)});
  return file;
}

}  // namespace

ParsedFile parse(std::string_view source) {
  if (source.find_first_not_of(" \t\r\n") == std::string_view::npos) return onlyError("the text is empty");
  if (source.size() > (size_t{1} << 31)) return onlyError("the text is larger than 2 GiB");
  if (auto problem = binaryProblem(source); !problem.empty()) return onlyError(std::move(problem));
  if (source.size() > kLarge && !mayHoldGraph(source)) return onlyError(std::string(kNoGraph));
  FileParser parser(source, false);
  ParsedFile file = parser.parse();
  return parser.isOnlySourceCode() ? FileParser(source, true).parse() : file;
}

ParsedFile parseFile(const std::string& path, std::string* source) {
  std::string text;
  if (auto problem = readText(path, text); !problem.empty()) return onlyError(std::move(problem));
  ParsedFile file = parse(text);
  if (source) *source = std::move(text);
  return file;
}

}  // namespace graph::text
