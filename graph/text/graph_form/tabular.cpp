#include "graph/text/graph_form/tabular.h"

#include <fmt/format.h>

#include <algorithm>

#include "graph/ir/spelling.h"
#include "graph/text/expression.h"
#include "graph/text/graph_form/graph_form_line.h"
#include "graph/text/graph_form/parameters.h"
#include "graph/text/operator_check.h"

namespace graph::text {
namespace {

constexpr std::string_view kHeadings[] = {"opcode", "name", "target", "args", "kwargs"};

/// Without blanks and bars.
std::string_view cellText(std::string_view text) {
  while (!text.empty() && (static_cast<unsigned char>(text.front()) <= ' ' || text.front() == '|')) text.remove_prefix(1);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) <= ' ' || text.back() == '|')) text.remove_suffix(1);
  return text;
}

std::string_view firstWord(std::string_view text) { return text.substr(0, std::min(text.find_first_of(" \t|"), text.size())); }

/// Where the heading begins in a line; npos when it is none.
size_t headingAt(std::string_view content) {
  size_t at = content.find(kHeadings[0]);
  if (at == content.npos || (at > 0 && isNameChar(content[at - 1]))) return content.npos;
  auto rest = content.substr(at);
  for (auto heading : kHeadings) {
    rest = cellText(rest);
    if (firstWord(rest) != heading) return content.npos;
    rest.remove_prefix(heading.size());
  }
  return cellText(rest).empty() ? at : content.npos;
}

bool isRule(std::string_view content) { return !content.empty() && content.find_first_not_of("-=:+| \t") == content.npos && content.find_first_of("-=") != content.npos; }

std::vector<size_t> ruleStarts(std::string_view content) {
  std::vector<size_t> starts;
  for (size_t i = 0; i < content.size(); ++i) {
    bool isDash = content[i] == '-' || content[i] == '=' || content[i] == ':';
    bool continues = i > 0 && (content[i - 1] == '-' || content[i - 1] == '=' || content[i - 1] == ':');
    if (isDash && !continues) starts.push_back(i);
  }
  return starts;
}

constexpr std::string_view kOps[] = {"placeholder", "get_attr", "call_function", "call_method", "call_module", "output"};

std::optional<ir::Op> opOf(std::string_view text) {
  for (auto op : {ir::Op::placeholder, ir::Op::get_attr, ir::Op::call_function, ir::Op::call_method, ir::Op::call_module, ir::Op::output})
    if (ir::opName(op) == text) return op;
  return std::nullopt;
}

}  // namespace

bool isTableHeader(std::string_view content) { return headingAt(content) != content.npos; }

std::string_view tableName(std::string_view content) {
  size_t at = headingAt(content);
  if (at == content.npos) return {};
  auto word = firstWord(cellText(content.substr(0, at)));
  return isIdentifier(word) ? word : "graph";
}

Range TableParser::range(std::string_view part) const { return rangeIn(text_, part); }

LineStart TableParser::parse(const Line& heading) {
  LineStart at, next;
  lineAt(text_, heading.start, at);
  for (; at.offset < text_.size(); at = next) {
    Line line = lineAt(text_, at, next);
    if (isRule(line.content)) {
      if (starts_.empty()) starts_ = ruleStarts(line.content);
      continue;
    }
    auto content = cellText(line.content);
    if (content.empty() && line.content.empty()) continue;
    if (isReturned_) break;
    if (const auto word = firstWord(content); !opOf(word)) {
      const auto closest = ir::closestOf(word, kOps);
      if (closest.empty() && !isRowBelow(next)) break;
      r_.problems.error(range(word), fmt::format("unexpected '{}', expected placeholder, get_attr, call_function, call_method, call_module or output{}", word, ir::didYouMean(closest)));
      if (auto cells = this->cells(line.content); isIdentifier(cells[name]) && !r_.scope->isDefined(cells[name])) r_.scope->poison(cells[name]);
      continue;
    }
    line_ = line.start.line;
    Row cells = this->cells(line.content);
    try {
      row(cells);
    } catch (const SyntaxError& e) {
      r_.problems.error(e.range, e.message);
      if (isIdentifier(cells[name]) && !r_.scope->isDefined(cells[name])) r_.scope->poison(cells[name]);
    }
  }
  r_.lexer.setEnd();
  settleParameters(r_.scope->graph(), r_.problems, range(heading.content));
  if (!isReturned_) r_.problems.warning(range(heading.content), "this table has no output row: the text may be cut short");
  return at;
}

/// Does the line at `at` go on with the table? Then the one before it was meant to be a row.
bool TableParser::isRowBelow(LineStart at) const {
  LineStart next;
  return at.offset < text_.size() && opOf(firstWord(cellText(lineAt(text_, at, next).content)));
}

/// A row cut at the rule's columns, when two blanks or a bar stand before each; else at double blanks.
TableParser::Row TableParser::cells(std::string_view content) const {
  Row row;
  bool isAligned = starts_.size() == columnCount;
  for (size_t i = 0; i < columnCount && isAligned; ++i) {
    size_t begin = bytesOf(content, starts_[i]);
    size_t end = i + 1 < columnCount ? bytesOf(content, starts_[i + 1]) : content.size();
    if (i > 0 && begin < content.size()) isAligned = begin >= 2 && (content[begin - 1] == ' ' || content[begin - 1] == '|') && (content[begin - 2] == ' ' || content[begin - 2] == '|');
    row[i] = cellText(content.substr(begin, end - begin));
    if (begin >= content.size()) row[i] = content.substr(content.size());
  }
  if (isAligned) return row;
  for (size_t i = 0; i < columnCount; ++i) {
    content = cellText(content);
    size_t end = i + 1 < columnCount ? std::min({content.find("  "), content.find('|'), content.size()}) : content.size();
    row[i] = cellText(content.substr(0, end));
    content.remove_prefix(end);
  }
  return row;
}

void TableParser::row(const Row& row) {
  ir::Node node;
  node.op = *opOf(row[opcode]);
  node.line = line_;
  if (!isIdentifier(row[name])) throw SyntaxError{range(row[name].empty() ? row[opcode] : row[name]), "this row has no name of a node"};
  if (node.op == ir::Op::call_function) {
    if (row[target].empty()) throw SyntaxError{range(row[name]), "this row has no target"};
    Callee& callee = lookUpPrinted(r_, row[target], range(row[target]), true);
    node.target = callee.target;
    arguments(row, node);
    checkOperator(r_, callee, node, range(row[target]));
  } else {
    node.target = std::string(row[target]);
    if (std::any_of(row[target].begin(), row[target].end(), isUnprintable)) throw SyntaxError{range(row[target]), "the target holds a quote, a backslash or a control character"};
    if (node.op == ir::Op::placeholder && !isIdentifier(row[target].substr(std::min(row[target].find_first_not_of('*'), row[target].size()))))
      throw SyntaxError{range(row[opcode]), "this row has no name of a parameter"};
    if (node.op == ir::Op::call_method && !isIdentifier(row[target])) throw SyntaxError{range(row[opcode]), "this row has no name of a method"};
    arguments(row, node);
    if (node.op == ir::Op::call_method && node.args.empty())
      throw SyntaxError{range(row[target]), fmt::format("method '{}' is called on nothing: its object is the first argument", row[target])};
  }
  if (node.op == ir::Op::output) return output(std::move(node));
  if (node.op == ir::Op::placeholder && node.args.size() > 1) throw SyntaxError{range(row[args]), "a placeholder has one argument at most, its default"};
  if (node.op == ir::Op::get_attr) node.args.clear();
  if (node.op == ir::Op::get_attr || node.op == ir::Op::placeholder) node.kwargs.clear();  // they mean nothing there
  r_.scope->define(row[name], std::move(node), range(row[name]));
}

void TableParser::arguments(const Row& row, ir::Node& node) {
  auto positional = value(row[args]);
  auto named = value(row[kwargs]);
  if (!positional || !named) {
    auto last = row[kwargs].empty() ? (row[args].empty() ? row[opcode] : row[args]) : row[kwargs];
    r_.problems.warning(range(last), fmt::format("the row ends before its {}: taken for none", positional ? "kwargs" : "args"));
  }
  if (positional) {
    if (auto* tuple = positional->as<ir::Tuple>()) node.args = tuple->items;
    else node.args.push_back(std::move(*positional));
  }
  if (!named) return;
  auto* dict = named->as<ir::Dict>();
  if (!dict) throw SyntaxError{range(row[kwargs]), "unexpected value, expected keyword arguments as {'name': value}"};
  for (auto& [key, item] : dict->items) {
    auto* word = key.as<std::string>();
    if (!word || !isIdentifier(*word) || node.kwarg(*word)) throw SyntaxError{range(row[kwargs]), "a key of the keyword arguments is no name, or is given twice"};
    node.kwargs.emplace_back(*word, item);
  }
}

/// What a cell holds, as Python's repr gives it; nothing when the cell is empty.
std::optional<ir::Argument> TableParser::value(std::string_view cell) {
  if (cell.empty()) return std::nullopt;
  auto where = range(cell);
  r_.lexer.setEnd(where.end);
  r_.lexer.startAt(where.begin, line_);
  ir::Argument value = parseArgumentAt(r_);
  if (!r_.token().endsLine()) throw unexpected(r_.token(), "the end of the cell");
  return value;
}

void TableParser::output(ir::Node node) {
  if (node.args.empty()) node.args.emplace_back();
  if (node.args.size() > 1) node.args = {ir::Tuple{std::move(node.args)}};
  node.kwargs.clear();
  node.target = "output";
  node.name = r_.scope->graph().uniqueName("output");
  r_.scope->graph().append(std::move(node));
  isReturned_ = true;
}

}  // namespace graph::text
