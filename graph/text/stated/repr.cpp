#include "graph/text/stated/repr.h"

#include <algorithm>

#include "graph/text/lexer.h"

namespace graph::text {
namespace {

constexpr int kDeepest = 100;
constexpr size_t kMostItems = size_t{1} << 20;   // a longer one counts as not closed
constexpr size_t kLongestEnum = 200;

bool isSpace(char c) { return static_cast<unsigned char>(c) <= ' '; }
bool isOpening(char c) { return c == '(' || c == '[' || c == '{'; }
bool isClosing(char c) { return c == ')' || c == ']' || c == '}'; }

class ReprReader {
 public:
  ReprReader(std::string_view text, uint32_t offset) : text_(text), offset_(offset) {}

  /// A value that one of `stops` ends, or a closing bracket.
  Repr value(std::string_view stops, int depth) {
    skipSpaces();
    const size_t begin = at_;
    Repr repr;
    while (at_ < text_.size() && (isNameChar(text_[at_]) || text_[at_] == '.')) ++at_;
    if (at_ < text_.size() && isOpening(text_[at_]) && depth < kDeepest) {
      repr.callee = text_.substr(begin, at_ - begin);
      repr.bracket = text_[at_];
      repr.closed = items(repr.items, depth);
      while (at_ < text_.size() && isSpace(text_[at_]) && !ends(stops)) ++at_;
      if (!ends(stops)) repr = Repr{};   // an expression that begins with a bracket or a call: a leaf
    }
    while (!ends(stops)) skipPart();
    size_t end = at_;
    while (end > begin && isSpace(text_[end - 1])) --end;
    repr.text = text_.substr(begin, end - begin);
    repr.range = {offset_ + static_cast<uint32_t>(begin), offset_ + static_cast<uint32_t>(end)};
    return repr;
  }
  std::string_view rest() const { return text_.substr(std::min(at_, text_.size())); }

 private:
  void skipSpaces() { while (at_ < text_.size() && isSpace(text_[at_])) ++at_; }

  bool ends(std::string_view stops) const {
    return at_ >= text_.size() || isClosing(text_[at_]) || (stops.find(text_[at_]) != std::string_view::npos && !isComparison());
  }
  /// `==`, `<=`, `!=` and so on hold a `=` that gives no key.
  bool isComparison() const {
    if (text_[at_] != '=') return false;
    const char before = at_ ? text_[at_ - 1] : ' ', after = at_ + 1 < text_.size() ? text_[at_ + 1] : ' ';
    return after == '=' || before == '=' || before == '<' || before == '>' || before == '!';
  }

  /// One character, a string, `<…>` of an enum, or a bracket with what is in it.
  void skipPart() {
    const char c = text_[at_];
    if (c == '\'' || c == '"') return skipString(c);
    if (c == '<' && at_ + 1 < text_.size() && isNameStart(text_[at_ + 1])) {
      const size_t close = text_.substr(at_, kLongestEnum).find_first_of(">,)\n");
      at_ += close != std::string_view::npos && text_[at_ + close] == '>' ? close + 1 : 1;
      return;
    }
    if (!isOpening(c)) { ++at_; return; }
    for (size_t level = 0; at_ < text_.size();) {
      const char inner = text_[at_];
      if (inner == '\'' || inner == '"') { skipString(inner); continue; }
      ++at_;
      if (isOpening(inner)) ++level;
      else if (isClosing(inner) && --level == 0) return;
    }
  }
  void skipString(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n'; ++at_)
      if (text_[at_] == '\\') ++at_;
    at_ = std::min(at_ + 1, text_.size());
  }

  /// The items of a container up to and over its closing bracket; false when there is none.
  bool items(std::vector<ReprItem>& all, int depth) {
    ++at_;
    for (bool complete = true;;) {
      skipSpaces();
      if (at_ >= text_.size()) return false;
      if (isClosing(text_[at_])) { ++at_; return complete; }
      if (text_[at_] == ',') { ++at_; continue; }
      ReprItem item;
      item.value = value(",=:", depth + 1);
      if (at_ < text_.size() && (text_[at_] == '=' || text_[at_] == ':')) {
        ++at_;
        item.key = std::move(item.value);
        item.value = value(",", depth + 1);
      }
      if (count_ < kMostItems) { ++count_; all.push_back(std::move(item)); }
      else complete = false;
    }
  }

  std::string_view text_;
  uint32_t offset_;
  size_t at_ = 0, count_ = 0;
};

}  // namespace

const Repr* Repr::get(std::string_view name) const {
  for (const ReprItem& item : items)
    if (item.key.text == name) return &item.value;
  return nullptr;
}

const Repr* Repr::at(size_t position) const {
  for (const ReprItem& item : items)
    if (item.key.text.empty() && position-- == 0) return &item.value;
  return nullptr;
}

Repr readRepr(std::string_view text, uint32_t offset, std::string_view* rest) {
  ReprReader reader(text, offset);
  Repr repr = reader.value("\n#;", 0);
  if (rest) *rest = reader.rest();
  return repr;
}

}  // namespace graph::text
