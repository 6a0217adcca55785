// The file as a whole: finds the graphs among log lines, imports and helper functions, and hands each to its reader.
#include "graph/text/parser.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "graph/text/blocks.h"
#include "graph/text/expression.h"
#include "graph/text/function.h"
#include "graph/text/graph_form.h"
#include "graph/text/implied.h"
#include "graph/text/operators.h"
#include "graph/text/tabular.h"

namespace graph::text {
namespace {

constexpr std::string_view kNoGraph =
    "no graph is in this text: expected 'class NAME(torch.nn.Module):', 'def forward(self, ...):', 'graph():' or statements such as x = torch.ops.aten.relu.default(y)";

/// Stands above the nodes of a kernel in the code that Inductor writes.
constexpr std::string_view kInductorGraph = "# Graph fragment:";

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
  explicit FileParser(std::string_view original) : source_(original), problems_(source_), lexer_(source_.text()) {}

  ParsedFile parse() {
    ParsedFile file;
    try {
      scan();
      if (blocks_.empty() || !foundGraph_) fragment();
    } catch (const GiveUp&) {
    }
    file.graphs = blocks_.finish();
    file.diagnostics = problems_.take();
    return file;
  }

 private:
  /// Helper functions of a script (load_args, kernels) are no graphs when there is a `forward`.
  bool isGraphFunction(std::string_view name) const { return name == "forward" || (!hasForward_ && !hasInductorGraphs_ && !name.starts_with("__")); }

  void scan() {
    std::string_view text = source_.text();
    for (size_t at = 0; (at = text.find("def forward", at)) != std::string_view::npos && !hasForward_; at += 11)
      hasForward_ = at + 11 < text.size() && !isNameChar(text[at + 11]);
    hasInductorGraphs_ = !hasForward_ && text.find(kInductorGraph) != std::string_view::npos;
    for (LineStart at, next; at.offset < text.size(); at = next) {
      Line line = lineAt(text, at, next);
      if (hasInductorGraphs_ && line.content == kInductorGraph && next.offset < text.size()) next = readInductorGraph(next);
      if (line.content.empty() || line.content[0] == '#') continue;
      if (auto name = className(line.content); !name.empty()) {
        blocks_.openClass(name, line.indent);
      } else if (auto function = functionName(line.content); !function.empty() && isGraphFunction(function)) {
        next = readFunction(line, function);
      } else if (isGraphHeader(line.content)) {
        next = readForm<GraphFormParser>(line, "graph", false);
      } else if (isGraphFormNode(line.content)) {
        next = readForm<GraphFormParser>(line, "fragment", true);
      } else if (auto table = tableName(line.content); !table.empty()) {
        next = readForm<TableParser>(line, table, false);
      } else {
        blocks_.closeTo(line.indent);
      }
    }
  }

  LineStart readFunction(const Line& line, std::string_view name) {
    foundGraph_ = true;
    ir::Graph& graph = blocks_.openFunction(name, line.indent);
    Scope scope(graph, problems_, false);
    Reader reader{lexer_, problems_, caches_, &scope};
    FunctionParser function(reader, false);
    LineStart next = function.parse(line);
    if (!graph.output() && !function.isStandIn()) {
      auto begin = static_cast<uint32_t>(line.content.data() - source_.text().data());
      problems_.error({begin, begin + static_cast<uint32_t>(line.content.size())}, fmt::format("'{}' has no return statement: the text is cut short", name));
    }
    return next;
  }

  /// A graph that print(graph) or print_tabular() shows.
  template <class Parser, class... More> LineStart readForm(const Line& line, std::string_view name, bool isFragment, More... more) {
    foundGraph_ = true;
    blocks_.closeTo(line.indent);
    ir::Graph& graph = blocks_.addGraph(std::string(name));
    Scope scope(graph, problems_, isFragment);
    Reader reader{lexer_, problems_, caches_, &scope};
    LineStart next = Parser(reader, more...).parse(line);
    lexer_.setEnd();
    if (isFragment) addImpliedAnnotations(graph);
    return next;
  }

  /// The nodes that went into a kernel, in the comments above it; called by the kernel.
  LineStart readInductorGraph(LineStart at) {
    std::string_view text = source_.text(), name = "fragment";
    LineStart next;
    Line line = lineAt(text, at, next), below = line;
    if (!isGraphFormNode(line.content.substr(std::min(line.content.find_first_not_of("# "), line.content.size())))) return at;  // no node went into it
    while (below.content.starts_with('#') && below.content != kInductorGraph && next.offset < text.size()) below = lineAt(text, next, next);
    if (size_t equals = below.content.find(" = async_compile."); equals != std::string_view::npos) name = below.content.substr(0, equals);
    return readForm<GraphFormParser>(line, name, true, true);
  }

  /// Statements without a `def`, as pasted into a question. Prose is not taken for statements: when fewer lines can be read
  /// than not, the text is no graph.
  void fragment() {
    const size_t before = problems_.count();
    ir::Graph graph("fragment");
    size_t failures = 0;
    {
      Scope scope(graph, problems_, true);
      Reader reader{lexer_, problems_, caches_, &scope};
      FunctionParser body(reader, true);
      try {
        body.parseBody({}, 0);
      } catch (const GiveUp&) {
      }
      failures = body.failures();
    }
    size_t read = graph.size() - graph.placeholders().size();
    if (read == 0 || failures > read) {
      problems_.truncate(before);
      if (!problems_.errors()) problems_.fileError(std::string(kNoGraph));
      return;
    }
    addImpliedAnnotations(graph);
    blocks_.addGraph("fragment") = std::move(graph);
  }

  SourceText source_;
  Problems problems_;
  Lexer lexer_;
  FileCaches caches_;
  Blocks blocks_;
  bool hasForward_ = false;
  bool hasInductorGraphs_ = false;  // and no other
  bool foundGraph_ = false;
};

ParsedFile onlyError(std::string message) {
  ParsedFile file;
  file.diagnostics.push_back({Severity::error, 0, 0, 1, std::move(message)});
  return file;
}

}  // namespace

ParsedFile parse(std::string_view source) {
  if (source.find_first_not_of(" \t\r\n") == std::string_view::npos) return onlyError("the text is empty");
  if (source.size() > (size_t{1} << 31)) return onlyError("the text is larger than 2 GiB");
  if (size_t zero = source.find('\0'); zero != std::string_view::npos)
    return onlyError(fmt::format("this is binary data, not text: a zero byte stands at offset {}", zero));
  return FileParser(source).parse();
}

ParsedFile parseFile(const std::string& path, std::string* source) {
  std::error_code error;
  auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return onlyError("no such file");
  if (std::filesystem::is_directory(status)) return onlyError("this is a folder, not a file");
  if (std::filesystem::is_regular_file(status) && std::filesystem::file_size(path, error) > (uint64_t{1} << 31))
    return onlyError("the file is larger than 2 GiB");
  std::ifstream in(path, std::ios::binary);
  if (!in) return onlyError(fmt::format("the file cannot be opened: {}", std::strerror(errno)));
  std::string text;
  if (std::filesystem::is_regular_file(status)) text.reserve(std::filesystem::file_size(path, error));
  char buffer[1 << 16];
  while (in.read(buffer, sizeof buffer) || in.gcount()) text.append(buffer, static_cast<size_t>(in.gcount()));
  if (in.bad()) return onlyError(fmt::format("the file cannot be read: {}", std::strerror(errno)));
  if (text.empty()) return onlyError("the file is empty");
  ParsedFile file = parse(text);
  if (source) *source = std::move(text);
  return file;
}

}  // namespace graph::text
