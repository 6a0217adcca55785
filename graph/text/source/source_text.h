// The text to parse, without the noise around it, and where each byte of it came from.
//
// Log prefixes (TORCH_LOGS puts one on every line), terminal colours, a byte order mark and what pasting adds (paste.h) are cut out;
// lines that were cut at a column are joined; of a structured trace only the payloads that are graphs are kept, each a section of its
// own. A text without all that is used in place; only a noisy one is copied. Offsets in the rest of this folder count in
// text(); place() leads back to the line and column that the user sees.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/text/source/paste.h"

namespace graph::text {

class SourceText {
 public:
  /// `original` must outlive this object.
  explicit SourceText(std::string_view original);
  SourceText(const SourceText&) = delete;
  SourceText& operator=(const SourceText&) = delete;

  std::string_view text() const { return text_; }

  /// A part of text() that is read by itself: all of it, or one payload of a structured trace.
  struct Section {
    size_t begin = 0, end = 0;
    uint32_t line = 1;   // of `begin`, in the original
    std::string title;   // of the payload
  };
  const std::vector<Section>& sections() const { return sections_; }
  bool isTrace() const { return isTrace_; }

  struct Place {
    uint32_t line = 1;    // 1-based
    uint32_t column = 1;  // 1-based, in code points of the original line
  };
  /// Lines of the original that were joined to the one before, the first of them at firstJoin() of text().
  size_t joinCount() const { return joins_.size(); }
  uint32_t firstJoin() const { return static_cast<uint32_t>(firstJoin_); }
  /// HTML entities were read as characters.
  bool hasEntities() const { return hasEntities_; }
  /// Line of the original in which line `line` of text() begins.
  uint32_t originalLine(uint32_t line) const;

  /// Where the byte at `offset` of text() stands in the original.
  Place place(size_t offset) const;

 private:
  struct Piece { size_t clean, original; };  // from `clean` on, text() equals the original from `original` on

  void clean(const Paste& paste);
  void keep(std::string_view part);
  void keepPayloads();
  void keepBlank(size_t at);
  void keepDecoded(size_t at, size_t end);

  std::string_view original_;
  std::string_view text_;
  std::string copy_;
  std::vector<Piece> pieces_;
  std::vector<Section> sections_;
  bool isTrace_ = false;
  std::vector<uint32_t> joins_;  // lines of text(), one entry for each line that was joined to it
  size_t firstJoin_ = 0;
  bool hasEntities_ = false;
  mutable std::vector<size_t> lineStarts_;  // of the original; made by the first place()
};

/// Length of the log prefix at the start of a line, 0 when there is none:
/// `[rank0]:V0716 11:20:08.832000 1234 torch/x.py:189] [0/0] [__aot_graphs] ` and the older `[2024-01-05 10:11:12,345] [0/0] a.b: [INFO] `.
size_t logPrefixLength(std::string_view line);

}  // namespace graph::text
