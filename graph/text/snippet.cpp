// Single arguments and calls in dump text, for Lua and for patterns.
#include <fmt/format.h>

#include "graph/text/expression.h"
#include "graph/text/operators.h"
#include "graph/text/parser.h"

namespace graph::text {
namespace {

/// Runs `read` on the text with the graph's names in scope; anything wrong becomes a ParseFailure that shows the place.
template <class Read> auto readSnippet(std::string_view text, const ir::Graph& graph, Read read) {
  SourceText source(text);
  Problems problems(source);
  Lexer lexer(source.text());
  FileCaches caches;
  ir::Graph scratch = graph;  // shares every node; nothing is added to it
  Scope scope = Scope::ofSnippet(scratch, problems);
  scope.setSelf("self");
  Reader reader{lexer, problems, caches, &scope};
  reader.mayNest = false;
  auto fail = [&](const Diagnostic& d) { return ParseFailure(format(d, "text", text)); };
  lexer.startAt(0, 1);
  try {
    auto result = read(reader);
    if (lexer.token().kind != Token::Kind::end) throw unexpected(lexer.token(), "the end of the text");
    auto found = problems.take();
    for (auto& d : found)
      if (d.severity == Severity::error) throw fail(d);
    return result;
  } catch (const SyntaxError& e) {
    problems.error(e.range, e.message);
    throw fail(problems.take().front());
  }
}

}  // namespace

ir::Argument parseArgument(std::string_view text, const ir::Graph& graph) {
  return readSnippet(text, graph, [](Reader& reader) { return parseArgumentAt(reader); });
}

ir::Node parseCall(std::string_view text, const ir::Graph& graph) {
  return readSnippet(text, graph, [](Reader& reader) {
    Range where = reader.token().range();
    Value value = parseValue(reader);
    if (value.kind != Value::Kind::node) throw SyntaxError{where, "expected a call, an operator or an attribute"};
    return std::move(value.node);
  });
}

}  // namespace graph::text
