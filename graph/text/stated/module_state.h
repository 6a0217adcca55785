// What `__init__` of a runnable file says of the tensors that the graph reads from its module
// (torch/_dynamo/debug_utils.py, NNModuleToString). Internal to graph/text.
//
//     self.register_buffer('_tensor_constant0', tensor([1., 2.]))
//     self.weight = torch.nn.Parameter(torch.randn([4, 4], dtype=torch.float32))
//
// Their shapes annotate the get_attr nodes that have no annotation; a graph has no place for their values. Whatever else such a line
// holds (`self.score = <lambda>()`) is passed over: most of it matters to Python alone.
#pragma once

#include <map>
#include <string>

#include "graph/ir/graph.h"
#include "graph/text/problems.h"

namespace graph::text {

class ModuleState {
 public:
  /// A line of a class; false when it tells of no tensor.
  bool read(std::string_view content, uint32_t offset);
  /// Annotates get_attr nodes. Where the text holds values, a note says that they are not kept.
  void apply(ir::Graph& graph, Problems& problems) const;
  void clear() { tensors_.clear(); }

 private:
  struct Tensor {
    ir::TensorMeta meta;
    bool hasValues = false;   // written out, not random
    Range where;
  };
  std::map<std::string, Tensor> tensors_;
};

}  // namespace graph::text
