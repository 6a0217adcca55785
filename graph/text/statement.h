// One line of a graph's body: `x: "f32[2]" = torch.ops.aten.relu.default(y);  y = None` and its relatives.
// Internal to graph/text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/text/expression.h"
#include "graph/text/reader.h"

namespace graph::text {

class StatementParser {
 public:
  explicit StatementParser(Reader& reader) : r_(reader) {}

  /// Reads the statement at the current token up to the line feed, deletions included. Throws SyntaxError (the caller
  /// resumes at the next line); the name that the statement would have defined is then known as unreadable.
  void parseLine(const std::shared_ptr<const std::string>& stack);
  /// A `return` was read: the body ends.
  bool hasEnded() const { return returned_ || ended_; }
  /// A `pass` was read: a body that may lack a return.
  bool hasPassed() const { return passed_; }
  /// There was control flow or an unpacking, which FX never prints: somebody wrote this.
  bool isSource() const { return isSource_; }
  /// The name that the last statement defined or was to define; empty when there is none.
  std::string_view pending() const { return pending_; }

 private:
  void endString();
  void statement();
  void definition(const Token& name);
  void assign(const Token& name, ir::Meta&& meta);
  bool acceptNext();
  void place(const Token& name, ir::Meta&& meta, Value&& value);
  void placeCall(const Token& name, ir::Meta&& meta, Value&& value);
  void deletion(const Token& first);
  void inPlace(const Token& name, std::string_view function);
  void indexed(const Token& name);
  void severalTargets(const Token& first);
  void expression();
  void returned();
  void finishInPlace(ir::Node&& node, const Token& subject, Range where);
  void input(std::string_view name, ir::Meta&& meta, Range where, uint32_t line);

  Reader& r_;
  std::shared_ptr<const std::string> stack_;
  std::string boxed_;                                          // `args_list` of a boxed signature
  std::string_view iterator_;                                  // `args_iter`, from which its inputs are taken
  std::unordered_map<std::string_view, ir::Meta> declared_;    // `x: "f32[2]";` ahead of a pytree signature
  std::string_view pending_;                                   // the name this statement defines
  std::vector<Token> deleted_;                                 // names of one deletion
  bool returned_ = false;
  bool isSource_ = false;
  bool ended_ = false;   // the Python string that holds the text
  bool passed_ = false;
};

}  // namespace graph::text
