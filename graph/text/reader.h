// What every part of the parser works with: the tokens, the names, the reports, and caches that live as long as one file.
// Internal to graph/text; one thread.
#pragma once

#include <deque>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "graph/ir/schema.h"
#include "graph/text/annotation.h"
#include "graph/text/lexer.h"
#include "graph/text/problems.h"
#include "graph/text/scope.h"

namespace graph::text {

/// A callee as printed, looked up once per file.
struct Callee {
  std::string target;                    // canonical
  const ir::Schema* schema = nullptr;    // null when unknown; by the last call's arguments when not exact
  bool isExact = false;                  // the text names the overload, so the schema is the one that is meant
  size_t arguments = SIZE_MAX;           // of the call that `schema` was chosen for, when not exact
  bool isChecked = false;                // a namespace whose operators the schema table knows
  bool isReported = false;               // "unknown operator" was said
};

/// Caches of one file. Keys are views of the source.
struct FileCaches {
  AnnotationCache annotations;
  NameTable<std::unique_ptr<Callee>> callees;   // behind pointers: references stay valid
  NameTable<bool> constants;                    // the unknown ones whose spelling was looked at
  /// Keeps a name that is no piece of the source (a line wrap had cut it) for as long as the file's others.
  std::string_view keep(std::string name) { return kept.emplace_back(std::move(name)); }
  std::deque<std::string> kept;
};

struct Reader {
  Lexer& lexer;
  Problems& problems;
  FileCaches& caches;
  Scope* scope = nullptr;  // of the graph being read
  std::vector<ir::Argument> unfinished = {};  // items of the containers that are open, innermost last (ArgumentList)
  bool mayNest = true;     // calls inside arguments may become nodes of their own
  std::shared_ptr<const std::string> stack;  // the comment above the current statement

  const Token& token() const { return lexer.token(); }
  /// Moves on when the token is this operator.
  template <size_t N> bool accept(const char (&op)[N]) {
    if (!token().is(op)) return false;
    lexer.next();
    return true;
  }
  /// Moves on over this operator or throws "unexpected X, expected `what`".
  template <size_t N> void expect(const char (&op)[N], std::string_view what) {
    if (!accept(op)) throw unexpected(token(), what);
  }
};

/// Collects the items of one container on the reader's stack, so that the finished list is one allocation of its size.
class ArgumentList {
 public:
  explicit ArgumentList(Reader& reader) : stack_(reader.unfinished), base_(stack_.size()) {}
  ArgumentList(const ArgumentList&) = delete;
  ArgumentList& operator=(const ArgumentList&) = delete;
  ~ArgumentList() { stack_.resize(base_); }

  void add(ir::Argument item) { stack_.push_back(std::move(item)); }
  std::vector<ir::Argument> take() {
    auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(base_);
    return {std::make_move_iterator(begin), std::make_move_iterator(stack_.end())};
  }

 private:
  std::vector<ir::Argument>& stack_;
  const size_t base_;
};

}  // namespace graph::text
