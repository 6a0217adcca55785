// One bad line costs one node: graphs of tests/golden and samples are damaged in one statement at a time, in ten ways, from a fixed
// seed. All other nodes must be there, what is missing must be reported, and the report must stand on the damaged line.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "graph/text/parser.h"

namespace graph::text {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines(1);
  for (char c : text) {
    if (c == '\n') lines.emplace_back();
    else lines.back() += c;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (size_t i = 0; i < lines.size(); ++i) text += (i ? "\n" : "") + lines[i];
  return text;
}

using Random = std::mt19937;

/// Takes one of the characters out; false when the line has none of them.
bool deleteOneOf(std::string& line, std::string_view characters, Random& random) {
  std::vector<size_t> places;
  for (size_t at = line.find_first_not_of(' '); at < line.size(); ++at)
    if (characters.find(line[at]) != characters.npos) places.push_back(at);
  if (places.empty()) return false;
  line.erase(places[random() % places.size()], 1);
  return true;
}

bool insert(std::string& line, std::string_view garbage, Random& random) {
  size_t first = line.find_first_not_of(' ');
  if (first == line.npos) return false;
  line.insert(first + 1 + random() % (line.size() - first), garbage);
  return true;
}

/// Before the deletions behind `;  `, which are a statement of their own.
size_t endOfStatement(const std::string& line) { return std::min(line.find(";  "), line.size()); }

struct Damage {
  const char* name;
  bool (*make)(std::string& line, Random& random);
};
const Damage kDamages[] = {
    {"opening bracket deleted", [](std::string& line, Random& random) { return deleteOneOf(line, "([{", random); }},
    {"closing bracket deleted", [](std::string& line, Random& random) { return deleteOneOf(line, ")]}", random); }},
    {"quote deleted", [](std::string& line, Random& random) { return deleteOneOf(line, "\"'", random); }},
    {"comma deleted", [](std::string& line, Random& random) { return deleteOneOf(line, ",", random); }},
    {"equals sign deleted", [](std::string& line, Random& random) { return deleteOneOf(line, "=", random); }},
    {"colon deleted", [](std::string& line, Random& random) { return deleteOneOf(line, ":", random); }},
    {"garbage inserted", [](std::string& line, Random& random) { return insert(line, " ?$! ", random); }},
    {"bracket inserted", [](std::string& line, Random& random) { return insert(line, std::string(1, "()[]{}"[random() % 6]), random); }},
    {"quote inserted", [](std::string& line, Random& random) { return insert(line, random() % 2 ? "\"" : "'", random); }},
    {"line cut",
     [](std::string& line, Random& random) {
       const size_t first = line.find_first_not_of(' '), end = endOfStatement(line);
       if (end < first + 4) return false;
       line.resize(first + 2 + random() % (end - first - 3));
       return true;
     }},
    {"line doubled", [](std::string& line, Random&) { return line += " " + line, true; }},
};

struct Tally {
  size_t tried = 0, silent = 0, onLine = 0, below = 0, elsewhere = 0, leftOut = 0;
};

/// Names of nodes with their lines; inputs aside.
std::set<std::pair<std::string, uint32_t>> nodesOf(const ParsedFile& file) {
  std::set<std::pair<std::string, uint32_t>> nodes;
  for (const auto& graph : file.graphs)
    for (ir::NodeId id : *graph)
      if (graph->node(id).op != ir::Op::placeholder) nodes.emplace(graph->node(id).name, graph->node(id).line);
  return nodes;
}

/// Lines of nodes that are statements of one line, and where their own text begins: behind indentation, prefixes and quotation marks.
std::vector<std::pair<uint32_t, size_t>> statementLines(const ParsedFile& file, const std::vector<std::string>& lines) {
  std::map<uint32_t, size_t> found;
  for (const auto& graph : file.graphs)
    for (ir::NodeId id : *graph) {
      const ir::Node& node = graph->node(id);
      if (node.op == ir::Op::placeholder || node.op == ir::Op::output || !node.line || node.line > lines.size()) continue;
      // `x_1`, but not the `x` of `max_1`
      const size_t at = lines[node.line - 1].find(node.name);
      if (at != std::string::npos && (at == 0 || lines[node.line - 1][at - 1] == ' ' || lines[node.line - 1][at - 1] == '%' || lines[node.line - 1][at - 1] == '|')) found.try_emplace(node.line, at);
    }
  return {found.begin(), found.end()};
}

void tryDamages(const fs::path& path, size_t each, Random& random, Tally& tally) {
  const std::string source = contents(path);
  const ParsedFile whole = parse(source);
  if (hasErrors(whole.diagnostics)) return;
  const auto lines = linesOf(source);
  const auto statements = statementLines(whole, lines);
  const auto nodes = nodesOf(whole);
  if (statements.size() < 2) return;
  for (const Damage& damage : kDamages) {
    for (size_t i = 0; i < each; ++i) {
      const auto [at, begin] = statements[random() % statements.size()];
      auto changed = lines;
      std::string statement = lines[at - 1].substr(begin);
      if (!damage.make(statement, random)) continue;
      changed[at - 1] = lines[at - 1].substr(0, begin) + statement;
      if (changed[at - 1] == lines[at - 1]) continue;
      const ParsedFile file = parse(joined(changed));
      ++tally.tried;
      const std::string what = path.filename().string() + ":" + std::to_string(at) + ": " + damage.name + "\n" + lines[at - 1] + "\n" + changed[at - 1];
      // A function of one statement without annotations, and that not readable, may as well be a module's source code: that is said.
      const bool isLeftOut = std::any_of(file.diagnostics.begin(), file.diagnostics.end(), [](const Diagnostic& d) { return d.message.find(" left out: it is the source code") != std::string::npos; });
      if (isLeftOut && file.graphs.size() + 1 == whole.graphs.size()) {
        ++tally.leftOut;
        continue;
      }
      if (file.graphs.size() != whole.graphs.size()) {
        ADD_FAILURE() << what << "\n" << file.graphs.size() << " graphs, not " << whole.graphs.size();
        continue;
      }
      // Everything on other lines is still there.
      const auto left = nodesOf(file);
      for (const auto& [name, line] : nodes) {
        if (line == at || left.contains({name, line})) continue;
        ADD_FAILURE() << what << "\nnode '" << name << "' of line " << line << " is lost too";
      }
      // Whatever is new is reported; the first new report is on the damaged line, or on the one behind it.
      std::set<std::pair<uint32_t, std::string>> known;
      for (const auto& d : whole.diagnostics) known.emplace(d.line, d.message);
      uint32_t first = 0;
      bool isNew = false, isHere = false;
      for (const auto& d : file.diagnostics) {
        if (known.contains({d.line, d.message})) continue;
        if (!isNew) first = d.line;
        isNew = true;
        isHere |= d.line == at;
      }
      const bool isLost = std::any_of(nodes.begin(), nodes.end(), [&](const auto& node) { return node.second == at && !left.contains(node); });
      if (!isNew) {
        ++tally.silent;
        const bool isAlias = statement.find_first_of("(.[+*", statement.find(" = ")) == std::string::npos;   // `mul = s0`, cut behind it, is legal
        EXPECT_FALSE(isLost && !isAlias) << what << "\nthe node is lost and nothing is said";
      } else if (isHere) {
        ++tally.onLine;
      } else if (first == at + 1) {
        ++tally.below;
      } else {
        ++tally.elsewhere;   // a bracket that is open shows where something comes that cannot stand in it
        std::printf("%s\nreported on line %u\n", what.c_str(), first);
      }
    }
  }
}

/// Texts with errors of their own, and those in which a statement has no line of its own: a paste has spread it over lines, a backslash or a
/// second statement follows on its line, prose surrounds it, its nodes are numbered or read again because of what stands below, or (a
/// return with statements behind it) it counts only when those can be read.
bool isOther(std::string_view name) {
  for (std::string_view other : {"bad_", "wrapped", "graph_form_wrapped", "pasted_html", "early_return", "in_python_string", "late_inputs", "fragment_in_prose", "fragment_of_module"})
    if (name.starts_with(other)) return true;
  return false;
}

TEST(Recovery, OneBadLineCostsOneNode) {
  const fs::path root(FXLOOM_SOURCE_DIR);
  Random random(20261124);
  Tally tally;
  std::vector<fs::path> paths;
  for (auto& entry : fs::directory_iterator(root / "tests/golden/text"))
    if (const std::string name = entry.path().filename(); name.ends_with(".txt") && !isOther(name)) paths.push_back(entry.path());
  for (auto& entry : fs::directory_iterator(root / "samples"))
    if (entry.path().extension() == ".txt" && fs::file_size(entry.path()) < 100'000) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) tryDamages(path, 4, random, tally);
  EXPECT_GT(tally.tried, 500u);
  EXPECT_LT(tally.silent * 10, tally.tried) << "damaged texts that say nothing at all: they should be legal";
  EXPECT_LE(tally.below * 50, tally.tried);
  EXPECT_LE(tally.elsewhere * 200, tally.tried);
  EXPECT_LE(tally.leftOut * 100, tally.tried);
  std::printf("%zu damaged texts: %zu reported on the line, %zu on the next, %zu elsewhere, %zu not at all (the text is legal)\n", tally.tried, tally.onLine, tally.below,
              tally.elsewhere, tally.silent);
}

}  // namespace
}  // namespace graph::text
