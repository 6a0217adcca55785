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
#include "graph/text/implied.h"
#include "graph/text/operators.h"

namespace graph::text {
namespace {

constexpr std::string_view kNoGraph =
    "no graph is in this text: expected 'class NAME(torch.nn.Module):', 'def forward(self, ...):', 'graph():' or statements such as x = torch.ops.aten.relu.default(y)";

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
    if (!file.graphs.empty()) reportPaste();
    file.diagnostics = problems_.take();
    return file;
  }

 private:
  void reportPaste() {
    const auto join = source_.firstJoin();
    if (size_t joins = source_.joinCount()) problems_.warning({join, join}, fmt::format("the lines of this text were cut: {} line{} joined to the line before", joins, joins == 1 ? " is" : "s are"));
    if (source_.hasEntities()) problems_.note({0, 0}, "HTML entities such as &quot; are read as the characters that they stand for");
  }

  /// Helper functions of a script (load_args, kernels) are no graphs when there is a `forward`.
  bool isGraphFunction(std::string_view name) const { return name == "forward" || (!hasForward_ && !name.starts_with("__")); }

  void scan() {
    std::string_view text = source_.text();
    for (size_t at = 0; (at = text.find("def forward", at)) != std::string_view::npos && !hasForward_; at += 11)
      hasForward_ = at + 11 < text.size() && !isNameChar(text[at + 11]);
    for (LineStart at, next; at.offset < text.size(); at = next) {
      Line line = lineAt(text, at, next);
      if (line.content.empty() || line.content[0] == '#') continue;
      if (auto name = className(line.content); !name.empty()) {
        blocks_.openClass(name, line.indent);
      } else if (auto function = functionName(line.content); !function.empty() && isGraphFunction(function)) {
        next = readFunction(line, function);
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
    relocate(graph);
    if (scope.isFragment()) addImpliedAnnotations(graph);   // lines were left out
    if (!graph.output() && !function.isStandIn()) {
      auto begin = static_cast<uint32_t>(line.content.data() - source_.text().data());
      const Range header{begin, begin + static_cast<uint32_t>(line.content.size())};
      auto message = fmt::format("'{}' has no return statement: the text is cut short", name);
      if (graph.size() == graph.placeholders().size()) problems_.error(header, std::move(message));
      else problems_.warning(header, message + ", and the graph has no output");
    }
    return next;
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
    relocate(graph);
    addImpliedAnnotations(graph);
    blocks_.addGraph("fragment") = std::move(graph);
  }

  SourceText source_;
  Problems problems_;
  Lexer lexer_;
  FileCaches caches_;
  Blocks blocks_;
  bool hasForward_ = false;
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
