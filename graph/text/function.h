// A function's signature and body, or a body alone (a fragment). Internal to graph/text.
#pragma once

#include "graph/text/reader.h"
#include "graph/text/stated/declared.h"
#include "graph/text/statement.h"

namespace graph::text {

/// A place at the start of a line.
struct LineStart { uint32_t offset = 0, line = 1; };

/// The first line at or after `from` that is not blank, with its indentation.
struct Line {
  LineStart start;
  uint32_t indent = 0;
  std::string_view content;  // without indentation, line feed and carriage return
};
/// The line at `from`; `next` receives the start of the following one.
Line lineAt(std::string_view text, LineStart from, LineStart& next);
/// Has a function's text what only the printers of FX write? Source code of a module has none of it.
bool isPrinted(std::string_view function);
bool startsWithWord(std::string_view content, std::string_view word);
/// A `# …` line in a graph: `# guard: …` and the lines of stated_lines.h (into `declared`) are part of the graph; any other
/// comment is the place in the user's program of what follows it, and becomes `stack`.
void readComment(Reader& reader, const Line& line, std::shared_ptr<const std::string>& stack, Declared& declared);

class FunctionParser {
 public:
  FunctionParser(Reader& reader, bool isFragment) : r_(reader), statements_(reader), isFragment_(isFragment) {}

  /// Reads `def name(…):`, which begins on `line`, and its body, with what comments state of the graph. Returns where reading goes on.
  LineStart parse(const Line& line);
  /// Reads statements from `at` on, and what comments among them state of the graph.
  LineStart parseBody(LineStart at, uint32_t headerIndent);
  /// The body is `pass`: a stand-in for a graph that was not printed.
  bool isStandIn() const { return statements_.hasPassed(); }
  /// More of it cannot be read than can, or it has what FX never prints: the source code of a module.
  bool isSource() const { return statements_.isSource() || failures_ > r_.scope->graph().size() - r_.scope->graph().placeholders().size(); }
  /// Lines of the body that could not be read.
  size_t failures() const { return failures_; }
  /// Lines of a fragment that are no statements, and the first of them.
  size_t proseLines() const { return prose_; }
  Range firstProse() const { return firstProse_; }

 private:
  void signature();
  void parameter(bool isFirst);
  bool endsBody(const Line& line, uint32_t headerIndent) const;
  bool isEarlyReturn(const Line& line, LineStart next) const;
  LineStart statementLine(const Line& line);
  void gap(const Line& line);
  void report(const SyntaxError& error);

  Reader& r_;
  StatementParser statements_;
  const bool isFragment_;
  bool hasBody_ = false;
  uint32_t bodyIndent_ = 0;
  size_t failures_ = 0;
  size_t prose_ = 0;
  Range firstProse_;
  Declared declared_;          // by comments of the body
  std::shared_ptr<const std::string> stack_;
};

}  // namespace graph::text
