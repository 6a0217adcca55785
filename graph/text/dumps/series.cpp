#include "graph/text/dumps/series.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>

#include "graph/text/characters.h"
#include "graph/text/dumps/folder.h"

namespace graph::text {
namespace {

bool isLetter(char c) { return std::isalpha(static_cast<unsigned char>(c)); }
bool isSeparator(char c) { return c == '_' || c == '-' || c == '.' || c == ' '; }

size_t endOfDigits(std::string_view text, size_t at) {
  while (at < text.size() && isDigit(text[at])) ++at;
  return at;
}

/// Where `pass`, perhaps a separator, and digits begin; npos.
size_t findPass(std::string_view stem, size_t& number) {
  for (size_t at = 0; at + 4 < stem.size(); ++at) {
    const auto lower = [&](size_t i) { return std::tolower(static_cast<unsigned char>(stem[at + i])); };
    if (lower(0) != 'p' || lower(1) != 'a' || lower(2) != 's' || lower(3) != 's' || (at && isLetter(stem[at - 1]))) continue;
    number = at + 4 + isSeparator(stem[at + 4]);
    if (number < stem.size() && isDigit(stem[number])) return at;
  }
  return std::string_view::npos;
}

bool startsWithWord(std::string_view text, std::string_view word) {
  return text.starts_with(word) && (text.size() == word.size() || !isLetter(text[word.size()]));
}

/// Two thirds of the smaller graph's nodes have a node of the same name and operator in the other.
bool isRelated(const ir::Graph& a, const ir::Graph& b) {
  const ir::Graph& small = a.size() < b.size() ? a : b;
  const ir::Graph& large = a.size() < b.size() ? b : a;
  size_t common = 0;
  for (ir::NodeId id : small) {
    const ir::Node& node = small.node(id);
    const ir::NodeId other = large.find(node.name);
    common += other && large.node(other).op == node.op && large.node(other).target == node.target;
  }
  return 3 * common >= 2 * small.size();
}

struct StepFile {
  StepName name;
  size_t source = 0;
  std::vector<size_t> dumps;
};

bool earlier(const StepFile& a, const StepFile& b) {
  if (a.name.number != b.name.number) return naturallyBefore(a.name.number, b.name.number);
  if (a.name.half != b.name.half) return a.name.half < b.name.half;
  return naturallyBefore(a.name.label, b.name.label);
}

/// What a dump is called among those of its file: its name without the file, or only the path below its outer graph.
std::string keyOf(const DumpSet& set, const StepFile& file, size_t dump, bool oneEach) {
  const size_t prefix = set.sources()[file.source].key.size() + 2;
  const std::string name = set.dumps()[dump].name.substr(prefix);
  return oneEach ? name.substr(std::min(set.dumps()[file.dumps.front()].name.size() - prefix, name.size())) : name;
}

}  // namespace

std::optional<StepName> stepName(const std::string& path) {
  const std::filesystem::path file(path);
  const std::string stem = file.stem().string(), folder = file.parent_path().generic_string();
  StepName step;
  size_t number = 0;
  if (size_t pass = findPass(stem, number); pass != std::string_view::npos) step.isCertain = true;
  else if (!stem.empty() && isDigit(stem[0])) number = 0;
  else return std::nullopt;
  const size_t end = endOfDigits(stem, number);
  if (!step.isCertain && (end == stem.size() || !isSeparator(stem[end]))) return std::nullopt;
  step.group = (folder.empty() ? "" : folder + "/") + stem.substr(0, number) + "*";
  step.number = stem.substr(number, end - number);
  step.label = stem.substr(std::min(stem.size(), end + (end < stem.size() && isSeparator(stem[end]))));
  if (startsWithWord(step.label, "before")) step.half = 0;
  if (startsWithWord(step.label, "after")) step.half = 2;
  step.isCertain = step.isCertain || step.half != 1;
  if (step.label.empty()) step.label = "pass " + step.number;
  return step;
}

std::vector<Series> findSeries(const DumpSet& set) {
  std::map<std::string, std::vector<StepFile>> groups;
  std::map<size_t, std::vector<size_t>> dumpsOf;  // by source
  for (size_t i = 0; i < set.dumps().size(); ++i) dumpsOf[set.dumps()[i].source].push_back(i);
  for (auto& [source, dumps] : dumpsOf)
    if (auto name = stepName(set.sources()[source].key)) groups[name->group].push_back({*name, source, dumps});

  std::vector<Series> all;
  for (auto& [group, files] : groups) {
    if (files.size() < 2) continue;
    std::sort(files.begin(), files.end(), earlier);
    const bool isCertain = std::all_of(files.begin(), files.end(), [](const StepFile& file) { return file.name.isCertain; });
    const bool oneEach = std::all_of(files.begin(), files.end(), [&](const StepFile& file) {
      return std::count_if(file.dumps.begin(), file.dumps.end(), [&](size_t dump) { return !set.dumps()[dump].isNested; }) == 1;
    });
    std::vector<std::string> order;
    std::map<std::string, Series> byKey;
    for (const StepFile& file : files)
      for (size_t dump : file.dumps) {
        const std::string key = keyOf(set, file, dump, oneEach);
        auto [at, isNew] = byKey.try_emplace(key);
        if (isNew) order.push_back(key), at->second.name = group + (key.empty() ? "" : ": " + (oneEach ? key.substr(1) : key));
        at->second.dumps.push_back(dump);
        at->second.labels.push_back(file.name.label);
      }
    for (const std::string& key : order) {
      Series& series = byKey[key];
      const auto& steps = series.dumps;
      if (steps.size() < 2) continue;
      const auto unrelated = [&](size_t a, size_t b) { return !isRelated(*set.dumps()[a].graph, *set.dumps()[b].graph); };
      if (!isCertain && std::adjacent_find(steps.begin(), steps.end(), unrelated) != steps.end()) continue;
      all.push_back(std::move(series));
    }
  }
  return all;
}

}  // namespace graph::text
