// What every part of the parser works with: the tokens, the names, the reports, and caches that live as long as one file.
// Internal to graph/text; one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
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
  bool isChecked = false;                // a namespace whose operators the schema table knows
  bool isReported = false;               // "unknown operator" was said
};

/// Caches of one file. Keys are views of the source.
struct FileCaches {
  AnnotationCache annotations;
  std::unordered_map<std::string_view, Callee> callees;
};

struct Reader {
  Lexer& lexer;
  Problems& problems;
  FileCaches& caches;
  Scope* scope = nullptr;  // of the graph being read

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

}  // namespace graph::text
