// Which symbol a number of load_args is. The file does not say: it gives numbers in the order of the placeholders, and tensors whose
// sizes are symbols. Internal to graph/text, pure.
//
// Two rules. By order: Dynamo puts the inputs of symbols that a tensor brings right before it: sizes, then strides, then the offset
// (torch/_dynamo/output_graph.py, SubgraphTracer._lift_basic_symbols). By value: newer files set every symbol before they use it
// (`s35 = 5`), and a value that one number and one symbol have pairs them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/text/stated/load_args.h"

namespace graph::text {

struct SymbolMatch {
  std::string symbol;                                  // empty: none was found
  enum class By : uint8_t { nothing, value, order, guess } by = By::nothing;   // guess: by order where the order need not be Dynamo's
};

/// One for each input (empty for what is no number). `values`: of symbols, where the file says them. `isDynamoOrder`: the placeholders are
/// Dynamo's, as they are in forward and inference graphs.
std::vector<SymbolMatch> matchSymbols(const std::vector<LoadedInput>& inputs, const std::map<std::string, int64_t>& values, bool isDynamoOrder);

/// The symbol that an expression is; empty when it is something else.
std::string soleSymbol(const ir::Expr& expression);

}  // namespace graph::text
