// Reads what print(graph) shows: `graph():` and a line a node, `%add : [num_users=1] = call_function[target=…](args = (…), kwargs = {…})`.
//
// Every version since torch 1.7 is read: `[uses=1]` and `[#users=1]`, parameters in the header, types behind the colon, targets as
// Python's repr of the function; Inductor's `Tensor "f32[2]"[num_users=1]` and `PlaceHolder[…]` too. Lines without a header are a
// fragment: names that it does not define become inputs. One bad line costs one node. Internal to graph/text.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "graph/text/function.h"
#include "graph/text/reader.h"

namespace graph::text {

/// `graph():`, `graph(x, y) -> torch.Tensor:`
bool isGraphHeader(std::string_view content);
/// `%name … = kind[target=…`
bool isGraphFormNode(std::string_view content);

class GraphFormParser {
 public:
  /// `isCommented`: a `#` stands before every line, as in the code that Inductor writes.
  explicit GraphFormParser(Reader& reader, bool isCommented = false) : r_(reader), text_(reader.lexer.whole()), isCommented_(isCommented) {}
  /// Reads the graph that begins on `line`, a header or a node. Returns where reading goes on.
  LineStart parse(const Line& line);

 private:
  struct Count { ir::NodeId node; size_t users; Range where; };

  Line lineAt(LineStart from, LineStart& next) const;
  bool isOutside(LineStart at) const;
  void header(std::string_view content);
  void parameter(std::string_view text);
  bool endsGraph(const Line& line, uint32_t headerIndent) const;
  LineStart nodeBelow(const Line& line) const;
  Line wholeStatement(const Line& line, LineStart& next) const;
  void statement(const Line& line);
  void node(std::string_view text);
  ir::Meta between(std::string_view text);
  std::string_view target(std::string_view text, size_t& at);
  void placeholder(ir::Node node, std::string_view name, std::string_view target, std::string_view tail, Range where);
  void arguments(ir::Node& node, std::string_view tail, const ir::Schema* schema);
  void define(std::string_view name, ir::Node node, Range where);
  void returned(std::string_view text);
  void checkUserCounts();

  Range range(std::string_view part) const;  // of a piece of the text
  [[noreturn]] void fail(std::string_view part, std::string_view expected);
  [[noreturn]] void failLine(std::string_view rest);
  [[noreturn]] void failTarget(std::string_view target, std::string_view expected);

  Reader& r_;
  std::string_view text_;
  const bool isCommented_;
  uint32_t line_ = 0;             // of the statement being read
  std::string_view pending_;      // the name that it defines
  bool isFragment_ = true;
  bool isReturned_ = false;
  bool isComplete_ = true;        // no line failed or was left out
  std::optional<size_t> users_;   // that the statement's brackets say
  Range usersRange_;
  Range targetRange_;             // of the statement's target, which may have been joined
  size_t parameters_ = 0;         // of the header
  std::vector<Count> counts_;
  std::shared_ptr<const std::string> stack_;
  Declared declared_;             // by comments
};

}  // namespace graph::text
