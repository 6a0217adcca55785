#include "graph/text/stated/module_state.h"

#include <fmt/format.h>

#include "graph/text/lexer.h"
#include "graph/text/literal.h"
#include "graph/text/stated/ranges.h"
#include "graph/text/stated/repr.h"

namespace graph::text {
namespace {

/// `[2, 3]` -> sizes
bool readSizes(const Repr* list, std::vector<ir::Expr>& into) {
  if (!list || list->bracket == 0 || !list->callee.empty()) return false;
  for (const ReprItem& item : list->items) {
    const auto size = readInteger(item.value.text);
    if (!size || *size < 0) return false;
    into.emplace_back(*size);
  }
  return true;
}

/// The dtype that torch.tensor gives a number.
ir::DType dtypeOfNumber(std::string_view text) {
  if (text == "True" || text == "False") return ir::DType::b8;
  if (text.ends_with('j')) return ir::DType::c64;
  return readInteger(text) ? ir::DType::i64 : ir::DType::f32;
}

/// Sizes and dtype of nested lists, `[[1., 2.], [3., 4.]]`; the first item of each stands for the others.
void readNested(const Repr& data, ir::TensorMeta& meta) {
  const Repr* at = &data;
  for (; at->isList(); at = &at->items[0].value) {
    meta.shape.emplace_back(static_cast<int64_t>(at->items.size()));
    if (at->items.empty()) return;
  }
  meta.dtype = dtypeOfNumber(at->text);
}

/// `tensor([1., 2.], device='cuda:0')`, `torch.randn([4], dtype=torch.float32)`, `torch.randint(1, size=[4], dtype=torch.int64)`.
std::optional<ir::TensorMeta> readTensor(const Repr& call, bool& hasValues) {
  ir::TensorMeta meta;
  hasValues = call.isCall("tensor") || call.isCall("torch.tensor");
  if (hasValues && call.at(0)) readNested(*call.at(0), meta);
  else if (call.isCall("torch.randn") ? !readSizes(call.at(0), meta.shape) : !call.isCall("torch.randint") || !readSizes(call.get("size"), meta.shape)) return std::nullopt;
  if (const Repr* dtype = call.get("dtype")) {
    const auto known = ir::dtypeFromTorchName(dtype->text);
    if (!known) return std::nullopt;
    meta.dtype = *known;
  }
  meta.device = ir::Device{};
  if (const Repr* device = call.get("device")) meta.device = ir::Device::parse(quotedView(device->text));
  return meta;
}

}  // namespace

bool ModuleState::read(std::string_view content, uint32_t offset) {
  constexpr std::string_view kSelf = "self.", kCuda = ".cuda()", kParameter = "torch.nn.Parameter(";
  if (!content.starts_with(kSelf)) return false;
  const Range where{offset, offset + static_cast<uint32_t>(content.size())};
  std::string name;
  std::string_view value;
  Repr buffer = readRepr(content, offset);
  if (buffer.isCall("self.register_buffer") && buffer.at(0) && buffer.at(1)) {
    name = std::string(quotedView(buffer.at(0)->text));
    value = buffer.at(1)->text;
  } else if (const size_t assign = content.find(" = "); assign != std::string_view::npos) {
    name = std::string(content.substr(kSelf.size(), assign - kSelf.size()));
    value = content.substr(assign + 3);
    if (value.starts_with(kParameter) && value.ends_with(')')) value = value.substr(kParameter.size(), value.size() - kParameter.size() - 1);
  }
  const bool onCuda = value.ends_with(kCuda);
  if (onCuda) value.remove_suffix(kCuda.size());
  const Repr call = readRepr(value, offset);
  Tensor tensor;
  auto meta = readTensor(call, tensor.hasValues);
  if (!meta) return false;
  if (onCuda) meta->device = ir::Device{"cuda", 0};
  tensor.meta = std::move(*meta);
  tensor.where = where;
  tensors_.insert_or_assign(std::move(name), std::move(tensor));
  return true;
}

void ModuleState::apply(ir::Graph& graph, Problems& problems) const {
  if (tensors_.empty()) return;
  for (auto id = graph.first(); id; id = graph.next(id)) {
    ir::Node node = graph.node(id);
    if (node.op != ir::Op::get_attr || !std::holds_alternative<std::monostate>(node.meta)) continue;
    const auto found = tensors_.find(node.target);
    if (found == tensors_.end()) continue;
    if (found->second.hasValues)
      problems.note(found->second.where, fmt::format("the values of {} are not kept: a run makes others, or takes attr.{} from --inputs", node.target, node.target));
    node.meta = found->second.meta;
    graph.replace(id, std::move(node));
  }
}

}  // namespace graph::text
