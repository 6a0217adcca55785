// What str(ExportedProgram) says behind the graph: `Graph signature: …` and `Range constraints: {…}`. Internal to graph/text.
//
// Three forms of the signature, by age: ExportGraphSignature(parameters=[…], inputs_to_buffers={…}, …) of torch 2.1, with
// input_specs=[InputSpec(…)] of 2.2 and later, and the lists below `# inputs` and `# outputs` of torch 2.7 and later
// (torch/export/graph_signature.py, ExportGraphSignature.__str__).
#pragma once

#include "graph/text/function.h"
#include "graph/text/stated/declared.h"
#include "graph/text/stated/repr.h"

namespace graph::text {

class ExportSignature {
 public:
  ExportSignature(std::string_view text, Problems& problems) : text_(text), problems_(problems) {}

  /// Reads the section that begins on `line`, when it begins one; `next` (the line behind it) is moved behind what was read. False for
  /// any other line.
  bool read(const Line& line, LineStart& next);
  /// What was read since the last call.
  Declared take() { return std::exchange(declared_, {}); }

 private:
  Range rangeOf(std::string_view part) const { return rangeIn(text_, part); }
  uint32_t offsetOf(std::string_view part) const { return rangeOf(part).begin; }
  Repr paragraph(std::string_view from, LineStart& next);
  void lists(LineStart& next);
  bool listed(std::string_view content, bool isOutput, size_t position);
  void object(const Repr& signature);
  void inputSpec(const Repr& spec);
  void outputSpec(const Repr& spec);
  void oldObject(const Repr& signature);
  void ranges(const Repr& repr);
  void cannotRead(const Repr& repr, std::string_view expected);

  std::string_view text_;
  Problems& problems_;
  Declared declared_;
  bool oneLine_ = false;
};

}  // namespace graph::text
