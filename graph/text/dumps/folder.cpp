#include "graph/text/dumps/folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "graph/text/characters.h"
#include "graph/text/dumps/file_text.h"
#include "graph/text/source/trace.h"

namespace graph::text {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostFiles = 20000;             // that are looked at
constexpr size_t kMostBytes = size_t{256} << 20; // that are read
constexpr int kDeepest = 12;

/// Endings under which PyTorch, tlparse, depyf and people keep dumps.
bool mayBeDump(const fs::path& path) {
  static const std::set<std::string> endings{"", ".txt", ".py", ".log", ".out", ".dump", ".fx", ".graph"};
  const auto ending = path.extension().string();
  if (endings.contains(ending)) return path.filename().string()[0] != '.';
  return ending.size() > 1 && std::all_of(ending.begin() + 1, ending.end(), isDigit);  // trace.log.1, pass.12
}

/// The number behind the last `_` of a file's name, as tlparse gives each artefact: `aot_forward_graph_4.txt`; -1 without one.
long trailingNumber(const std::string& path) {
  const std::string stem = fs::path(path).stem().string();
  size_t at = stem.find_last_not_of("0123456789");
  if (at == std::string::npos || stem[at] != '_' || at + 1 == stem.size() || stem.size() - at > 10) return -1;
  return std::stol(stem.substr(at + 1));
}

/// Natural order; a folder in which every name ends in a number of its own keeps the order of those numbers: it is the order in
/// which tlparse found the artefacts.
void sortFiles(std::vector<FolderFile>& files) {
  std::map<std::string, std::set<long>> numbers;
  std::map<std::string, size_t> counts;
  const auto folderOf = [](const FolderFile& file) { return fs::path(file.path).parent_path().string(); };
  for (const auto& file : files) {
    ++counts[folderOf(file)];
    if (long number = trailingNumber(file.path); number >= 0) numbers[folderOf(file)].insert(number);
  }
  std::sort(files.begin(), files.end(), [&](const FolderFile& a, const FolderFile& b) {
    const std::string folder = folderOf(a), other = folderOf(b);
    if (folder != other) return naturallyBefore(folder, other);
    if (numbers[folder].size() == counts[folder]) return trailingNumber(a.path) < trailingNumber(b.path);
    return naturallyBefore(a.path, b.path);
  });
}

class Reading {
 public:
  explicit Reading(const std::string& root) : root_(root) {}

  Folder run() {
    visit(root_, 0);
    sortFiles(folder_.files);
    return std::move(folder_);
  }

 private:
  void warn(const fs::path& path, std::string message) {
    Diagnostic diagnostic{Severity::warning, 0, 0, 1, std::move(message)};
    diagnostic.file = path == root_ ? "" : path.lexically_relative(root_).generic_string();
    folder_.diagnostics.push_back(std::move(diagnostic));
  }

  void visit(const fs::path& path, int depth) {
    std::error_code error;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) entries.push_back(*at);
    if (error) warn(path, "the folder cannot be read: " + error.message());
    // What is cut off at a limit is the same in every run.
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return naturallyBefore(a.path().string(), b.path().string()); });
    for (const auto& entry : entries) {
      if (stopped_) return;
      if (entry.is_directory(error)) {
        if (entry.is_symlink(error) || entry.path().filename().string()[0] == '.' || entry.path().filename() == "__pycache__") continue;
        if (depth + 1 > kDeepest) warn(entry.path(), fmt::format("not looked at: more than {} folders deep", kDeepest));
        else visit(entry.path(), depth + 1);
      } else {
        look(entry);
      }
    }
  }

  void look(const fs::directory_entry& entry) {
    std::error_code error;
    if (++looked_ > kMostFiles) return stop(fmt::format("the folder has more than {} files: those behind {} were not read", kMostFiles, entry.path().filename().string()));
    if (!entry.is_regular_file(error) || !mayBeDump(entry.path())) {
      ++folder_.skipped;
      return;
    }
    const uint64_t size = entry.file_size(error);
    if (!error && size > kMostBytes - bytes_)
      return stop(fmt::format("the folder has more than {} MiB of text: from {} on nothing was read", kMostBytes >> 20, entry.path().filename().string()));
    FolderFile file{entry.path().lexically_relative(root_).generic_string(), {}};
    if (auto problem = readText(entry.path().string(), file.text); !problem.empty()) {
      if (!file.text.empty() || size != 0 || error) warn(entry.path(), std::move(problem));
      else ++folder_.skipped;  // an empty file
      return;
    }
    bytes_ += file.text.size();
    if (!looksLikeDump(file.text)) {
      ++folder_.skipped;
      return;
    }
    folder_.files.push_back(std::move(file));
  }

  void stop(std::string message) {
    warn(root_, std::move(message));
    stopped_ = true;
  }

  fs::path root_;
  Folder folder_;
  size_t looked_ = 0, bytes_ = 0;
  bool stopped_ = false;
};

}  // namespace

Folder readFolder(const std::string& path) { return Reading(path).run(); }

bool looksLikeDump(std::string_view text) {
  if (text.substr(0, 4096).find('\0') != std::string_view::npos) return false;
  const auto follows = [&](std::string_view word, auto accept) {
    for (size_t at = 0; (at = text.find(word, at)) != std::string_view::npos;) {
      size_t line = text.rfind('\n', at) + 1, stop = std::min(text.find('\n', at), text.size());  // npos + 1 = 0
      if (accept(text.substr(line, at - line), text.substr(at, stop - at))) return true;
      at = stop;  // once for each line, however long it is
    }
    return false;
  };
  // In a comment (Inductor's code has graphs in comments) it is none.
  const auto isCode = [](std::string_view before) { return before.find('#') == std::string_view::npos; };
  if (follows("def forward(", [&](auto before, auto) { return isCode(before); })) return true;
  if (follows("graph():", [&](auto before, auto rest) { return isCode(before) && rest.size() < 12; })) return true;
  if (follows("opcode", [&](auto before, auto rest) { return isCode(before) && rest.find("target") != std::string_view::npos && rest.find("kwargs") != std::string_view::npos; }))
    return true;
  return isTrace(text);
}

bool naturallyBefore(std::string_view a, std::string_view b) {
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (isDigit(a[i]) && isDigit(b[j])) {
      const auto number = [](std::string_view text, size_t& at) {
        while (at + 1 < text.size() && text[at] == '0' && isDigit(text[at + 1])) ++at;
        size_t begin = at;
        while (at < text.size() && isDigit(text[at])) ++at;
        return text.substr(begin, at - begin);
      };
      auto x = number(a, i), y = number(b, j);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
      continue;
    }
    if (a[i] != b[j]) {
      // A folder's name ends: `a/x` stands before `a_1/x`.
      if (a[i] == '/' || b[j] == '/') return a[i] == '/';
      return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
    }
    ++i, ++j;
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;  // `01` and `1`
}

}  // namespace graph::text
