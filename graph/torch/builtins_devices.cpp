// Operators that exist for one device only: a graph that was captured on a CPU names the CPU's attention kernel, and must run on
// another device all the same. The stand-in is called when the operands lie elsewhere; on its own device the operator itself runs.
#include "graph/torch/operators.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/scaled_dot_product_attention.h>

namespace graph::torch {
namespace {

// _scaled_dot_product_flash_attention_for_cpu(query, key, value, dropout_p, is_causal, *, attn_mask, scale) -> (output, logsumexp):
// elsewhere torch chooses its kernel. The log-sum-exp, which only a backward pass reads, is not computed: it is undefined.
void attentionForCpu(Stack& s) {
  static const auto onCpu = findHandle("aten._scaled_dot_product_flash_attention_for_cpu.default");
  auto& query = s[0].toTensor();
  if (query.is_cpu() || query.is_meta()) return onCpu->callBoxed(s);
  auto mask = s[5].isNone() ? std::optional<at::Tensor>() : s[5].toTensor();
  auto scale = s[6].isNone() ? std::optional<double>() : s[6].toDouble();
  auto output = at::scaled_dot_product_attention(query, s[1].toTensor(), s[2].toTensor(), mask, s[3].toDouble(), s[4].toBool(), scale);
  s.clear();
  s.emplace_back(std::move(output));
  s.emplace_back(at::Tensor());
}

}  // namespace

const std::vector<NamedBuiltin>& deviceBuiltins() {
  static const std::vector<NamedBuiltin> table{
      {"aten._scaled_dot_product_flash_attention_for_cpu.default", attentionForCpu,
       "_scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, float dropout_p=0.0, bool is_causal=False, *, Tensor? attn_mask=None, "
       "float? scale=None) -> (Tensor output, Tensor logsumexp)"},
  };
  return table;
}

}  // namespace graph::torch
