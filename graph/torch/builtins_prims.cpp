// prims and Inductor's own operators, which PyTorch defines in Python (torch/_prims, torch/_inductor/inductor_prims.py): the same results
// by aten operators. Stack order is the schema's.
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_permuted.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scalar_tensor.h>

#include <algorithm>
#include <array>

#include "graph/torch/operators.h"

namespace graph::torch {
namespace {

using c10::IValue;

const IValue& at(const Stack& stack, size_t i) { return stack[i]; }
void give(Stack& stack, at::Tensor result) {
  stack.clear();
  stack.emplace_back(std::move(result));
}
std::vector<int64_t> ints(const IValue& value) { return value.toIntVector(); }
at::TensorOptions options(const IValue& dtype, const IValue& device) {
  return at::TensorOptions().dtype(dtype.toScalarType()).device(device.toDevice());
}

// iota(length, *, start, step, dtype, device, requires_grad): torch.arange(start, start + length * step, step)
void iota(Stack& s) {
  auto length = at(s, 0).toInt(), start = at(s, 1).toInt(), step = at(s, 2).toInt();
  give(s, at::arange(start, start + length * step, step, options(at(s, 3), at(s, 4))));
}
// always a new tensor, also when the type is the same
void convertElementType(Stack& s) { give(s, at(s, 0).toTensor().to(at(s, 1).toScalarType(), /*non_blocking=*/false, /*copy=*/true)); }
void devicePut(Stack& s) { give(s, at(s, 0).toTensor().to(at(s, 1).toDevice(), at(s, 2).toBool())); }
void broadcastInDim(Stack& s) {
  auto tensor = at(s, 0).toTensor();
  auto shape = ints(at(s, 1)), where = ints(at(s, 2));
  for (int64_t dim = 0; dim < static_cast<int64_t>(shape.size()); ++dim)
    if (std::find(where.begin(), where.end(), dim) == where.end()) tensor = tensor.unsqueeze(dim);
  give(s, tensor.expand(shape));
}
void rev(Stack& s) { give(s, at(s, 0).toTensor().flip(ints(at(s, 1)))); }
// eager torch rounds after the multiplication, and so do we
void fma(Stack& s) { give(s, at(s, 0).toTensor().mul(at(s, 1).toTensor()).add(at(s, 2).toTensor())); }
// prims.div truncates integers
void div(Stack& s) {
  auto a = at(s, 0).toTensor(), b = at(s, 1).toTensor();
  bool integers = at::isIntegralType(a.scalar_type(), true) && at::isIntegralType(b.scalar_type(), true);
  give(s, integers ? a.div(b, "trunc") : a.div(b));
}
void transpose(Stack& s) { give(s, at(s, 0).toTensor().permute(ints(at(s, 1)))); }
void squeeze(Stack& s) { give(s, at(s, 0).toTensor().squeeze(ints(at(s, 1)))); }
void viewOf(Stack& s) { give(s, at(s, 0).toTensor().alias()); }
void viewOfDtype(Stack& s) { give(s, at(s, 0).toTensor().view(at(s, 1).toScalarType())); }
void reshape(Stack& s) { give(s, at(s, 0).toTensor().clone(at::MemoryFormat::Contiguous).view(ints(at(s, 1)))); }
void asStrided(Stack& s) { give(s, at(s, 0).toTensor().as_strided(ints(at(s, 1)), ints(at(s, 2)), at(s, 3).toInt())); }
void collapseView(Stack& s) { give(s, at(s, 0).toTensor().flatten(at(s, 1).toInt(), at(s, 2).toInt())); }
void splitDim(Stack& s) {
  auto tensor = at(s, 0).toTensor();
  auto dim = at(s, 1).toInt(), outer = at(s, 2).toInt();
  TORCH_CHECK(outer > 0 && tensor.size(dim) % outer == 0, "split_dim: ", tensor.size(dim), " is no multiple of ", outer);
  auto sizes = tensor.sizes().vec();
  sizes[dim] /= outer;
  sizes.insert(sizes.begin() + dim, outer);
  give(s, tensor.view(sizes));
}
void slice(Stack& s) {
  auto tensor = at(s, 0).toTensor();
  auto start = ints(at(s, 1)), limit = ints(at(s, 2));
  auto steps = at(s, 3).isNone() ? std::vector<int64_t>(start.size(), 1) : ints(at(s, 3));
  for (size_t dim = 0; dim < start.size(); ++dim) tensor = tensor.slice(static_cast<int64_t>(dim), start[dim], limit[dim], steps[dim]);
  give(s, tensor);
}
void copyTo(Stack& s) { give(s, at(s, 0).toTensor().copy_(at(s, 1).toTensor())); }
void item(Stack& s) {
  auto number = at(s, 0).toTensor().item();
  s.clear();
  s.emplace_back(number);
}
std::optional<at::ScalarType> outputType(const IValue& value) {
  return value.isNone() ? std::nullopt : std::optional(value.toScalarType());
}
void sum(Stack& s) {
  auto tensor = at(s, 0).toTensor();
  // prims keep the input's type where aten.sum would promote integers
  auto type = outputType(at(s, 2)).value_or(tensor.scalar_type());
  give(s, at(s, 1).isNone() ? tensor.sum(type) : tensor.sum(ints(at(s, 1)), false, type));
}
void prod(Stack& s) {
  auto tensor = at(s, 0).toTensor();
  auto type = outputType(at(s, 2)).value_or(tensor.scalar_type());
  auto dims = at(s, 1).isNone() ? std::vector<int64_t>() : ints(at(s, 1));
  if (at(s, 1).isNone()) return give(s, tensor.prod(type));
  std::sort(dims.rbegin(), dims.rend());
  for (auto dim : dims) tensor = tensor.prod(dim, false, type);
  give(s, tensor);
}
std::vector<int64_t> allOr(const IValue& dims) { return dims.isNone() ? std::vector<int64_t>() : ints(dims); }
void amax(Stack& s) { give(s, at(s, 0).toTensor().amax(allOr(at(s, 1)))); }
void amin(Stack& s) { give(s, at(s, 0).toTensor().amin(allOr(at(s, 1)))); }
void var(Stack& s) {
  std::optional<std::vector<int64_t>> dims;
  if (!at(s, 1).isNone()) dims = ints(at(s, 1));
  std::optional<at::Scalar> correction;
  if (!at(s, 2).isNone()) correction = at(s, 2).toDouble();
  give(s, at(s, 0).toTensor().var(dims ? at::OptionalIntArrayRef(*dims) : at::OptionalIntArrayRef(), correction, false));
}
void empty(Stack& s) { give(s, at::empty(ints(at(s, 0)), options(at(s, 1), at(s, 2)))); }
void emptyStrided(Stack& s) { give(s, at::empty_strided(ints(at(s, 0)), ints(at(s, 1)), options(at(s, 2), at(s, 3)))); }
void emptyPermuted(Stack& s) { give(s, at::empty_permuted(ints(at(s, 0)), ints(at(s, 1)), options(at(s, 2), at(s, 3)))); }
void full(Stack& s) { give(s, at::full(ints(at(s, 0)), at(s, 1).toScalar(), options(at(s, 2), at(s, 3)))); }
void fullLike(Stack& s) { give(s, at::full_like(at(s, 0).toTensor(), at(s, 1).toScalar(), options(at(s, 2), at(s, 3)))); }
void scalarTensor(Stack& s) {
  auto where = at::TensorOptions();
  if (auto type = outputType(at(s, 1))) where = where.dtype(*type);
  if (!at(s, 2).isNone()) where = where.device(at(s, 2).toDevice());
  give(s, at::scalar_tensor(at(s, 0).toScalar(), where));
}
constexpr int64_t kSeedLimit = std::numeric_limits<int64_t>::max();
at::TensorOptions longOn(const IValue& device) { return at::TensorOptions().dtype(at::kLong).device(device.toDevice()); }
void inductorSeed(Stack& s) { give(s, at::randint(kSeedLimit, {}, longOn(at(s, 0)))); }
void inductorSeeds(Stack& s) { give(s, at::randint(kSeedLimit, {at(s, 0).toInt()}, longOn(at(s, 1)))); }
void lookupSeed(Stack& s) { give(s, at(s, 0).toTensor().select(0, at(s, 1).toInt()).clone()); }
void inductorRandom(Stack& s) {
  auto where = at::TensorOptions().dtype(at::kFloat).device(at(s, 1).toTensor().device());
  auto& mode = at(s, 2).toStringRef();
  TORCH_CHECK(mode == "rand" || mode == "randn", "inductor_random: unknown mode '", mode, "'");
  give(s, mode == "rand" ? at::rand(ints(at(s, 0)), where) : at::randn(ints(at(s, 0)), where));
}
void inductorRandint(Stack& s) {
  auto where = at::TensorOptions().dtype(at::kLong).device(at(s, 3).toTensor().device());
  give(s, at::randint(at(s, 0).toInt(), at(s, 1).toInt(), ints(at(s, 2)), where));
}

}  // namespace

const std::vector<NamedBuiltin>& primBuiltins() {
  static const std::vector<NamedBuiltin> table{
      {"prims.iota.default", iota,
       "iota(SymInt length, *, SymInt start, SymInt step, ScalarType dtype, Device device, bool requires_grad=False) -> Tensor"},
      {"prims.convert_element_type.default", convertElementType, "convert_element_type(Tensor a, ScalarType dtype) -> Tensor"},
      {"prims.device_put.default", devicePut, "device_put(Tensor a, Device device, bool non_blocking=False) -> Tensor"},
      {"prims.broadcast_in_dim.default", broadcastInDim,
       "broadcast_in_dim(Tensor(a) a, SymInt[] shape, int[] broadcast_dimensions) -> Tensor(a)"},
      {"prims.rev.default", rev, "rev(Tensor a, int[] dims) -> Tensor"},
      {"prims.fma.default", fma, "fma(Tensor a, Tensor b, Tensor c) -> Tensor"},
      {"prims.div.default", div, "div(Tensor self, Tensor other) -> Tensor"},
      {"prims.transpose.default", transpose, "transpose(Tensor(a) a, int[] permutation) -> Tensor(a)"},
      {"prims.squeeze.default", squeeze, "squeeze(Tensor(a) a, int[] dimensions) -> Tensor(a)"},
      {"prims.view_of.default", viewOf, "view_of(Tensor(a) a) -> Tensor(a)"},
      {"prims.view_of_dtype.default", viewOfDtype, "view_of_dtype(Tensor(a) a, ScalarType dtype) -> Tensor(a)"},
      {"prims.reshape.default", reshape, "reshape(Tensor a, SymInt[] shape) -> Tensor"},
      {"prims.as_strided.default", asStrided,
       "as_strided(Tensor(a) a, SymInt[] size, SymInt[] stride, SymInt storage_offset) -> Tensor(a)"},
      {"prims.collapse_view.default", collapseView, "collapse_view(Tensor(a) a, int start, int end) -> Tensor(a)"},
      {"prims.split_dim.default", splitDim, "split_dim(Tensor(a) a, int dim, SymInt outer_length) -> Tensor(a)"},
      {"prims.slice.default", slice,
       "slice(Tensor(a) a, SymInt[] start_indices, SymInt[] limit_indices, SymInt[]? strides=None) -> Tensor(a)"},
      {"prims.copy_to.default", copyTo, "copy_to(Tensor(a!) a, Tensor b) -> Tensor(a!)"},
      {"prims.item.default", item, "item(Tensor a) -> Scalar"},
      {"prims.sum.default", sum, "sum(Tensor inp, int[]? dims, *, ScalarType? output_dtype=None) -> Tensor"},
      {"prims.prod.default", prod, "prod(Tensor inp, int[]? dims, *, ScalarType? output_dtype=None) -> Tensor"},
      {"prims.amax.default", amax, "amax(Tensor inp, int[]? dims, *, ScalarType? output_dtype=None) -> Tensor"},
      {"prims.amin.default", amin, "amin(Tensor inp, int[]? dims, *, ScalarType? output_dtype=None) -> Tensor"},
      {"prims.var.default", var, "var(Tensor inp, int[]? dims, float? correction=1, *, ScalarType? output_dtype=None) -> Tensor"},
      {"prims.empty.default", empty, "empty(SymInt[] shape, *, ScalarType dtype, Device device, bool requires_grad=False) -> Tensor"},
      {"prims.empty_strided.default", emptyStrided,
       "empty_strided(SymInt[] shape, SymInt[] strides, *, ScalarType dtype, Device device, bool requires_grad=False) -> Tensor"},
      {"prims.empty_permuted.default", emptyPermuted,
       "empty_permuted(SymInt[] shape, int[] physical_layout, *, ScalarType dtype, Device device, bool requires_grad=False) -> Tensor"},
      {"prims.full.default", full,
       "full(SymInt[] shape, Scalar fill_value, *, ScalarType dtype, Device device, bool requires_grad=False) -> Tensor"},
      {"prims.full_like.default", fullLike,
       "full_like(Tensor a, Scalar fill_value, *, ScalarType dtype, Device device, bool requires_grad=False) -> Tensor"},
      {"prims.scalar_tensor.default", scalarTensor, "scalar_tensor(Scalar s, *, ScalarType? dtype=None, Device? device=None) -> Tensor"},
      {"prims.inductor_seed.default", inductorSeed, "inductor_seed(Device device) -> Tensor"},
      {"prims.inductor_seeds.default", inductorSeeds, "inductor_seeds(int count, Device device) -> Tensor"},
      {"prims.inductor_lookup_seed.default", lookupSeed, "inductor_lookup_seed(Tensor seeds, int index) -> Tensor"},
      {"prims.inductor_random.default", inductorRandom, "inductor_random(SymInt[] size, Tensor seed, str mode) -> Tensor"},
      {"prims.inductor_randint.default", inductorRandint,
       "inductor_randint(SymInt low, SymInt high, SymInt[] size, Tensor seed) -> Tensor"},
  };
  return table;
}

std::string_view atenTwinOfPrim(std::string_view target) {
  struct Twin {
    std::string_view prim, aten;
  };
  static constexpr std::array kTwins = std::to_array<Twin>({
      {"abs", "abs.default"},
      {"acos", "acos.default"},
      {"acosh", "acosh.default"},
      {"asin", "asin.default"},
      {"asinh", "asinh.default"},
      {"atan", "atan.default"},
      {"atanh", "atanh.default"},
      {"cos", "cos.default"},
      {"cosh", "cosh.default"},
      {"bitwise_not", "bitwise_not.default"},
      {"ceil", "ceil.default"},
      {"conj", "_conj.default"},
      {"conj_physical", "conj_physical.default"},
      {"clone", "clone.default"},
      {"digamma", "digamma.default"},
      {"erf", "erf.default"},
      {"erf_inv", "erfinv.default"},
      {"erfc", "erfc.default"},
      {"exp", "exp.default"},
      {"exp2", "exp2.default"},
      {"expm1", "expm1.default"},
      {"fill", "fill.Scalar"},
      {"floor", "floor.default"},
      {"frexp", "frexp.Tensor"},
      {"imag", "imag.default"},
      {"isfinite", "isfinite.default"},
      {"lgamma", "lgamma.default"},
      {"log", "log.default"},
      {"log10", "log10.default"},
      {"log1p", "log1p.default"},
      {"log2", "log2.default"},
      {"neg", "neg.default"},
      {"real", "real.default"},
      {"reciprocal", "reciprocal.default"},
      {"round", "round.default"},
      {"rsqrt", "rsqrt.default"},
      {"sign", "sign.default"},
      {"signbit", "signbit.default"},
      {"sin", "sin.default"},
      {"sinh", "sinh.default"},
      {"sqrt", "sqrt.default"},
      {"tan", "tan.default"},
      {"tanh", "tanh.default"},
      {"trunc", "trunc.default"},
      {"add", "add.Tensor"},
      {"atan2", "atan2.default"},
      {"bitwise_and", "bitwise_and.Tensor"},
      {"bitwise_or", "bitwise_or.Tensor"},
      {"bitwise_xor", "bitwise_xor.Tensor"},
      {"eq", "eq.Tensor"},
      {"fmax", "fmax.default"},
      {"fmin", "fmin.default"},
      {"fmod", "fmod.Tensor"},
      {"gcd", "gcd.default"},
      {"ge", "ge.Tensor"},
      {"gt", "gt.Tensor"},
      {"hypot", "hypot.default"},
      {"le", "le.Tensor"},
      {"lt", "lt.Tensor"},
      {"maximum", "maximum.default"},
      {"minimum", "minimum.default"},
      {"mul", "mul.Tensor"},
      {"ne", "ne.Tensor"},
      {"nextafter", "nextafter.default"},
      {"pow", "pow.Tensor_Tensor"},
      {"remainder", "remainder.Tensor"},
      {"shift_left", "bitwise_left_shift.Tensor"},
      {"shift_right_arithmetic", "bitwise_right_shift.Tensor"},
      {"sub", "sub.Tensor"},
      {"where", "where.self"},
      {"cat", "cat.default"},
      {"as_strided_scatter", "as_strided_scatter.default"},
      {"_unsafe_index_put_", "index_put_.default"},
  });
  static const std::vector<std::pair<std::string, std::string>> table = [] {
    std::vector<std::pair<std::string, std::string>> result;
    for (auto& twin : kTwins) result.emplace_back("prims." + std::string(twin.prim) + ".default", "aten." + std::string(twin.aten));
    return result;
  }();
  for (auto& [prim, aten] : table)
    if (prim == target) return aten;
  return {};
}

}  // namespace graph::torch
