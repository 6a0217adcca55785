// The file as a whole: finds the graphs among log lines, imports and helper functions, and hands each to its reader.
#include "graph/text/parser.h"

#include <fmt/format.h>

#include <deque>

#include "graph/text/blocks.h"
#include "graph/text/expression.h"
#include "graph/text/file_text.h"
#include "graph/text/function.h"
#include "graph/text/implied.h"
#include "graph/text/operators.h"

namespace graph::text {
namespace {

constexpr std::string_view kNoGraph =
    "no graph is in this text: expected 'class NAME(torch.nn.Module):', 'def forward(self, ...):', 'graph():' or statements such as x = torch.ops.aten.relu.default(y)";

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
  explicit FileParser(std::string_view original) : source_(original), problems_(source_) {}

  ParsedFile parse() {
    ParsedFile file;
    try {
      for (const SourceText::Section& section : source_.sections()) scan(section);
      if (source_.isTrace() && !foundGraph_ && !problems_.errors()) problems_.fileError(std::string(kNoPayload));
      else if (!foundGraph_ && !source_.isTrace()) fragment();
    } catch (const GiveUp&) {
    }
    file.graphs = blocks_.finish(&file.titles);
    file.isTrace = source_.isTrace();
    file.diagnostics = problems_.take();
    return file;
  }

 private:
  /// Helper functions of a script (load_args, kernels) are no graphs when there is a `forward`.
  bool isGraphFunction(std::string_view name) const { return name == "forward" || (!hasForward_ && !name.starts_with("__")); }

  void scan(const SourceText::Section& section) {
    std::string_view text = source_.text().substr(0, section.end);
    lexers_.emplace_back(text);  // a payload that is cut short ends where it ends
    blocks_.closeTo(0);
    blocks_.setTitle(section.title, source_.isTrace());
    hasForward_ = false;
    for (size_t at = section.begin; (at = text.find("def forward", at)) != std::string_view::npos && !hasForward_; at += 11)
      hasForward_ = at + 11 < text.size() && !isNameChar(text[at + 11]);
    for (LineStart at{static_cast<uint32_t>(section.begin), section.line}, next; at.offset < text.size(); at = next) {
      Line line = lineAt(text, at, next);
      if (line.content.empty() || line.content[0] == '#') continue;
      if (auto name = className(line.content); !name.empty()) {
        blocks_.openClass(name, line.indent);
      } else if (auto function = functionName(line.content); !function.empty() && isGraphFunction(function)) {
        next = readFunction(line, function);
      } else {
        if (auto title = logTitle(line.content); !title.empty() && !source_.isTrace()) blocks_.setTitle(std::string(title), false);
        blocks_.closeTo(line.indent);
      }
    }
  }

  LineStart readFunction(const Line& line, std::string_view name) {
    foundGraph_ = true;
    ir::Graph& graph = blocks_.openFunction(name, line.indent);
    Scope scope(graph, problems_, false);
    Reader reader{lexers_.back(), problems_, caches_, &scope};
    FunctionParser function(reader, false);
    LineStart next = function.parse(line);
    if (!graph.output() && !function.isStandIn()) {
      auto begin = static_cast<uint32_t>(line.content.data() - source_.text().data());
      problems_.error({begin, begin + static_cast<uint32_t>(line.content.size())}, fmt::format("'{}' has no return statement: the text is cut short", name));
    }
    return next;
  }

  /// Statements without a `def`, as pasted into a question. Prose is not taken for statements: when fewer lines can be read
  /// than not, the text is no graph.
  void fragment() {
    const size_t before = problems_.count();
    ir::Graph graph("fragment");
    size_t failures = 0;
    {
      Scope scope(graph, problems_, true);
      Reader reader{lexers_.back(), problems_, caches_, &scope};
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
  std::deque<Lexer> lexers_;  // one for each section; names that a line wrap had cut live in them
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
  std::string text;
  if (auto problem = readText(path, text); !problem.empty()) return onlyError(std::move(problem));
  ParsedFile file = parse(text);
  if (source) *source = std::move(text);
  return file;
}

}  // namespace graph::text
