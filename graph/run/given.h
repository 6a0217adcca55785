// What the user gave: the tensor file's tensors and metadata, matched with the graph's placeholders and attributes, and what they and
// --bind say about the symbols.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/files/safetensors.h"
#include "graph/run/inputs.h"
#include "graph/run/sizes.h"

namespace graph::run {

class Given {
 public:
  /// Throws InputError for a name that the graph does not have, a dtype or shape that disagrees, and contradictory symbols; FileError for
  /// the file.
  Given(const ir::Graph& graph, const InputRequest& request);

  /// The tensor of a placeholder or get_attr node; null when none was given.
  const files::TensorBytes* tensor(ir::NodeId id) const;
  /// A number for a placeholder, by its name in --bind or the file's `symbols`.
  std::optional<int64_t> number(ir::NodeId id) const;
  const std::vector<int64_t>* strides(ir::NodeId id) const;
  /// Symbols by --bind, by the file and by sizes.
  const ir::Binding& symbols() const { return symbols_; }

  /// One tensor's place in a storage that several inputs share.
  struct Alias {
    ir::NodeId node;
    std::vector<int64_t> size, stride;
    int64_t offset = 0;
  };
  const std::vector<std::vector<Alias>>& aliases() const { return aliases_; }

 private:
  ir::NodeId source(const std::string& name) const;  // a placeholder by target or name, `attr.x`; throws
  void bind(const std::string& name, int64_t value, const std::string& who, bool strong);
  void readTensors();
  void readMetadata();
  void checkTensor(ir::NodeId id, const files::TensorBytes& tensor);

  const ir::Graph& graph_;
  std::optional<files::Safetensors> file_;
  std::string path_;
  std::map<ir::NodeId, const files::TensorBytes*> tensors_;
  std::map<ir::NodeId, int64_t> numbers_;
  std::map<ir::NodeId, std::vector<int64_t>> strides_;
  std::vector<std::vector<Alias>> aliases_;
  std::map<std::string, ir::NodeId> sources_;
  std::vector<Equation> equations_;
  ir::Binding symbols_;
};

/// Symbols for inputs already read: what chooseSymbols does after reading them.
ir::Binding chooseSymbols(const ir::Graph& graph, const Given& given, int variant, const SymbolChecker& checker);

}  // namespace graph::run
