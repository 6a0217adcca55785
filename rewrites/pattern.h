// Patterns in dump text with %captures, matched against a graph, and the replacement that takes a match's place.
//
//   pattern  "aten.mul.Tensor(%x, aten.sigmoid.default(%x))"      replace  "aten.silu.default(%x)"
//
// A pattern is an expression, or several lines `%name = expression` of which the last is the root. `%x` matches any argument (the
// same one at each place), `_` anything. Arguments are compared by the operator's schema: a default may be written or left out. Pure.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "graph/ir/graph.h"
#include "rewrites/storage.h"

namespace rewrites {

/// Message has the text, the place and a caret.
struct PatternError : std::runtime_error { using std::runtime_error::runtime_error; };

struct PatternTerm {
  enum class Kind : uint8_t { call, capture, any, literal, list, tuple } kind = Kind::any;
  std::string name;                                        // capture's name; a call that a line named has it too
  std::string target;                                      // call
  std::vector<PatternTerm> items;                          // positional arguments; items of a list
  std::vector<std::pair<std::string, PatternTerm>> named;  // keyword arguments
  graph::ir::Argument literal;
};

struct Match {
  graph::ir::NodeId root;
  std::vector<graph::ir::NodeId> nodes;                    // every node that a call of the pattern matched, root first
  std::map<std::string, graph::ir::Argument> captures;
};

class Pattern {
 public:
  /// Throws PatternError.
  explicit Pattern(std::string_view text);
  const PatternTerm& root() const { return root_; }
  const std::string& target() const { return root_.target; }
  std::vector<std::string> captureNames() const;
  std::optional<Match> matchAt(const graph::ir::Graph& graph, graph::ir::NodeId root) const;

 private:
  PatternTerm root_;
};

class Replacement {
 public:
  /// Throws PatternError, also for a capture that the pattern does not bind.
  Replacement(std::string_view text, const Pattern& pattern);
  /// Inserts the new nodes before the root (the last one with the root's annotation), moves its uses, erases what nobody else
  /// needs. Returns what now stands for the root; `removed` receives names.
  graph::ir::NodeId apply(graph::ir::Graph& graph, const Match& match, std::vector<std::string>& removed) const;

 private:
  PatternTerm root_;
};

/// A node that writes memory which the match reads, between its first node and its root: then the replacement, which
/// reads everything at the root, could see other values. No node when there is none.
graph::ir::NodeId interferingWrite(const Storage& storage, const Match& match);

/// Erases nodes without users that only compute, beginning at `from` (all nodes when empty), and then their inputs. Kept: placeholders,
/// output, writers, random numbers, assertions, collectives, unknown operators.
void eraseDead(graph::ir::Graph& graph, const std::vector<graph::ir::NodeId>& from, std::vector<std::string>& removed);
bool onlyComputes(const graph::ir::Node& node);

}  // namespace rewrites
