// The inputs of an fx_graph_runnable.py: `def load_args(reader):` says what each placeholder is, in their order
// (torch/_dynamo/debug_utils.py, InputReader and InputWriter). Internal to graph/text.
//
//     buf0 = reader.storage(None, 4*s1*s0, device=device(type='cuda', index=0), dtype_hint=torch.bfloat16)
//     reader.tensor(buf0, (s0, s1), (1, s0), dtype=torch.bfloat16, is_leaf=True)  # arg2_1
//     reader.symint(5)  # arg0_1
//
// Annotations of placeholders that have none come from here; the values of symbols become hints. Which symbol a reader.symint stands for
// is said nowhere: symbol_match.h.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "graph/text/function.h"
#include "graph/text/stated/declared.h"
#include "graph/text/stated/repr.h"

namespace graph::text {

/// `s35 = 5`, `u8 = u9 = 512`: the values of symbols that a runnable file sets before it uses them. False for any other line.
bool readSymbolValues(std::string_view content, uint32_t offset, Declared& declared);

/// One argument that load_args makes.
struct LoadedInput {
  enum class Kind : uint8_t { tensor, number, nothing };
  Kind kind = Kind::nothing;               // nothing: None, or of a type that the file does not hold
  ir::TensorMeta tensor;
  ir::Expr offset;                         // of a tensor, in elements of its storage
  std::string storage;                     // `buf0`
  std::optional<int64_t> number;           // reader.symint's, when it is an integer
  std::string name;                        // of the comment
  Range where;
};

class LoadArgs {
 public:
  LoadArgs(std::string_view text, Problems& problems) : text_(text), problems_(problems) {}

  /// Reads the body of the function whose `def` stands before `next`; returns where reading goes on. `values`: of symbols, by the lines
  /// before it and in it.
  LineStart read(const Line& header, LineStart next, Declared& values);
  /// Annotates the graph's placeholders and adds hints to `values`.
  void apply(ir::Graph& graph, Declared& values);

 private:
  void statement(std::string_view content, Declared& values);
  void storage(std::string_view name, const Repr& call);
  void tensor(const Repr& call, std::string_view comment);
  bool sizes(const Repr* list, std::vector<ir::Expr>& into);
  void tensorOptions(const Repr& call, LoadedInput& input);
  void numbers(ir::Graph& graph, Declared& values);
  void annotate(ir::Graph& graph, ir::NodeId id, const LoadedInput& input, Declared& values);
  void noteMemory();
  Range rangeOf(std::string_view part) const { return rangeIn(text_, part); }
  uint32_t offsetOf(std::string_view part) const { return rangeOf(part).begin; }
  void warn(std::string_view part, std::string message) { problems_.warning(rangeOf(part), std::move(message)); }

  std::string_view text_;
  Problems& problems_;
  Range place_;          // of the function's name
  uint32_t end_ = 0;     // behind the last call that was read
  bool oneLine_ = false;
  std::vector<LoadedInput> inputs_;
  std::unordered_map<std::string, std::optional<ir::Device>> storages_;   // device, when it could be read
};

}  // namespace graph::text
