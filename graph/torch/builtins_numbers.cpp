// Python's operators on numbers, tensors and lists as a graph uses them: `_operator.*`, `torch.sym_*`, `math.*`, `aten.sym_size`.
//
// Numbers follow Python (floor division, sign of the modulus, int / int = float, True + True = 2); an integer that leaves 64 bits is an
// error, never a wrong number. With a tensor among the operands the aten operator of the same meaning is called.
#include <ATen/core/Tensor.h>

#include <cmath>

#include "graph/torch/constants.h"
#include "graph/torch/operators.h"

namespace graph::torch {
namespace {

using c10::IValue;

void give(Stack& stack, IValue result) {
  stack.clear();
  stack.push_back(std::move(result));
}
void need(const Stack& stack, size_t count) { TORCH_CHECK(stack.size() == count, "takes ", count, " arguments, ", stack.size(), " given"); }
double real(const IValue& v) {
  if (v.isBool()) return v.toBool() ? 1 : 0;
  if (v.isInt()) return static_cast<double>(v.toInt());
  TORCH_CHECK(v.isDouble(), "expected a number, got ", v.tagKind());
  return v.toDouble();
}
bool whole(const IValue& v) { return v.isInt() || v.isBool(); }
int64_t integer(const IValue& v) {
  if (v.isBool()) return v.toBool();
  TORCH_CHECK(v.isInt(), "expected an integer, got ", v.tagKind());
  return v.toInt();
}
bool truth(const IValue& v) { return real(v) != 0; }
int64_t exactly(bool overflow, int64_t result) {
  TORCH_CHECK(!overflow, "the integer result exceeds 64 bits");
  return result;
}

// --- on integers, on floats ------------------------------------------------------------------------------------------------
struct Add {
  static IValue of(int64_t a, int64_t b) {
    int64_t r;
    bool o = __builtin_add_overflow(a, b, &r);
    return exactly(o, r);
  }
  static IValue of(double a, double b) { return a + b; }
  static at::Tensor of(const at::Tensor& a, const at::Tensor& b) { return a.add(b); }
};
struct Sub {
  static IValue of(int64_t a, int64_t b) {
    int64_t r;
    bool o = __builtin_sub_overflow(a, b, &r);
    return exactly(o, r);
  }
  static IValue of(double a, double b) { return a - b; }
  static at::Tensor of(const at::Tensor& a, const at::Tensor& b) { return a.sub(b); }
};
struct Mul {
  static IValue of(int64_t a, int64_t b) {
    int64_t r;
    bool o = __builtin_mul_overflow(a, b, &r);
    return exactly(o, r);
  }
  static IValue of(double a, double b) { return a * b; }
  static at::Tensor of(const at::Tensor& a, const at::Tensor& b) { return a.mul(b); }
};
int64_t floorDivide(int64_t a, int64_t b) {
  TORCH_CHECK(b != 0, "division by zero");
  if (b == -1) return Sub::of(int64_t{0}, a).toInt();
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}
struct FloorDiv {
  static IValue of(int64_t a, int64_t b) { return floorDivide(a, b); }
  static IValue of(double a, double b) {
    TORCH_CHECK(b != 0, "division by zero");
    return std::floor(a / b);
  }
  static at::Tensor of(const at::Tensor& a, const at::Tensor& b) { return a.floor_divide(b); }
};
struct Mod {
  static IValue of(int64_t a, int64_t b) {
    TORCH_CHECK(b != 0, "modulo by zero");
    return b == -1 ? int64_t{0} : a - floorDivide(a, b) * b;
  }
  static IValue of(double a, double b) {
    TORCH_CHECK(b != 0, "modulo by zero");
    double r = std::fmod(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
  }
  static at::Tensor of(const at::Tensor& a, const at::Tensor& b) { return a.remainder(b); }
};
struct TrueDiv {
  static IValue of(int64_t a, int64_t b) { return of(static_cast<double>(a), static_cast<double>(b)); }
  static IValue of(double a, double b) {
    TORCH_CHECK(b != 0, "division by zero");
    return a / b;
  }
  static at::Tensor of(const at::Tensor& a, const at::Tensor& b) { return a.div(b); }
};
struct Pow {
  static IValue of(int64_t a, int64_t b) {
    if (b < 0) return std::pow(static_cast<double>(a), static_cast<double>(b));
    int64_t result = 1;
    for (bool overflow = false; b > 0; b >>= 1) {
      if (b & 1) overflow = __builtin_mul_overflow(result, a, &result);
      if (!overflow && b > 1) overflow = __builtin_mul_overflow(a, a, &a);
      exactly(overflow, result);
    }
    return result;
  }
  static IValue of(double a, double b) { return std::pow(a, b); }
  static at::Tensor of(const at::Tensor& a, const at::Tensor& b) { return a.pow(b); }
};
#define FXLOOM_COMPARISON(NAME, SIGN, METHOD)                                              \
  struct NAME {                                                                            \
    static IValue of(int64_t a, int64_t b) { return a SIGN b; }                            \
    static IValue of(double a, double b) { return a SIGN b; }                              \
    static at::Tensor of(const at::Tensor& a, const at::Tensor& b) { return a.METHOD(b); } \
  };
FXLOOM_COMPARISON(Eq, ==, eq)
FXLOOM_COMPARISON(Ne, !=, ne)
FXLOOM_COMPARISON(Lt, <, lt)
FXLOOM_COMPARISON(Le, <=, le)
FXLOOM_COMPARISON(Gt, >, gt)
FXLOOM_COMPARISON(Ge, >=, ge)
#undef FXLOOM_COMPARISON

at::Tensor asTensor(const IValue& v) { return v.isTensor() ? v.toTensor() : wrappedNumber(v.toScalar()); }

template <class Operation>
void binary(Stack& s) {
  need(s, 2);
  if (s[0].isTensor() || s[1].isTensor()) return give(s, Operation::of(asTensor(s[0]), asTensor(s[1])));
  give(s, whole(s[0]) && whole(s[1]) ? Operation::of(integer(s[0]), integer(s[1])) : Operation::of(real(s[0]), real(s[1])));
}

// and, or, xor: of bools a bool, of integers bitwise
template <char kSign>
void bitwise(Stack& s) {
  need(s, 2);
  if (s[0].isTensor() || s[1].isTensor()) {
    auto a = asTensor(s[0]), b = asTensor(s[1]);
    return give(s, kSign == '&' ? a.bitwise_and(b) : kSign == '|' ? a.bitwise_or(b) : a.bitwise_xor(b));
  }
  auto a = integer(s[0]), b = integer(s[1]);
  auto result = kSign == '&' ? a & b : kSign == '|' ? a | b : a ^ b;
  give(s, s[0].isBool() && s[1].isBool() ? IValue(result != 0) : IValue(result));
}

void neg(Stack& s) {
  need(s, 1);
  if (s[0].isTensor()) return give(s, s[0].toTensor().neg());
  give(s, whole(s[0]) ? Sub::of(int64_t{0}, integer(s[0])) : IValue(-real(s[0])));
}
void pos(Stack& s) { need(s, 1); }
void absolute(Stack& s) {
  need(s, 1);
  if (s[0].isTensor()) return give(s, s[0].toTensor().abs());
  if (!whole(s[0])) return give(s, std::fabs(real(s[0])));
  auto v = integer(s[0]);
  give(s, v < 0 ? Sub::of(int64_t{0}, v) : IValue(v));
}
void logicalNot(Stack& s) {
  need(s, 1);
  give(s, !truth(s[0]));
}
void invert(Stack& s) {
  need(s, 1);
  if (s[0].isTensor()) return give(s, s[0].toTensor().bitwise_not());
  give(s, ~integer(s[0]));
}

void getitem(Stack& s) {
  need(s, 2);
  auto index = integer(s[1]);
  IValue item;
  auto pick = [&](auto count, auto get) {
    auto size = static_cast<int64_t>(count);
    TORCH_CHECK(index >= -size && index < size, "index ", index, " is outside the ", size, " results");
    item = get(static_cast<size_t>(index < 0 ? index + size : index));
  };
  if (s[0].isTuple()) {
    auto& elements = s[0].toTupleRef().elements();
    pick(elements.size(), [&](size_t i) { return elements[i]; });
  } else if (s[0].isList()) {
    auto elements = s[0].toListRef();
    pick(elements.size(), [&](size_t i) { return IValue(elements[i]); });
  } else if (s[0].isTensor()) {
    item = s[0].toTensor().select(0, index);
  } else {
    TORCH_CHECK(false, "a ", s[0].tagKind(), " has no items");
  }
  give(s, std::move(item));
}

int64_t truncated(double v) {
  TORCH_CHECK(std::isfinite(v) && std::fabs(v) < 9.3e18, "cannot convert ", v, " to an integer");
  return static_cast<int64_t>(v);
}
template <double (*kRound)(double)>
void rounded(Stack& s) {
  need(s, 1);
  give(s, whole(s[0]) ? IValue(integer(s[0])) : IValue(truncated(kRound(real(s[0])))));
}
template <double (*kFunction)(double)>
void math(Stack& s) {
  need(s, 1);
  give(s, kFunction(real(s[0])));
}
double squareRoot(double v) {
  TORCH_CHECK(v >= 0, "math domain error: the square root of ", v);
  return std::sqrt(v);
}
void mathPow(Stack& s) {
  need(s, 2);
  give(s, std::pow(real(s[0]), real(s[1])));
}
void symFloat(Stack& s) {
  need(s, 1);
  give(s, real(s[0]));
}
void ifThenElse(Stack& s) {
  need(s, 3);
  give(s, truth(s[0]) ? s[1] : s[2]);
}
template <bool kGreater>
void extreme(Stack& s) {
  need(s, 2);
  bool first = kGreater ? real(s[0]) >= real(s[1]) : real(s[0]) <= real(s[1]);
  if (whole(s[0]) && whole(s[1]))
    return give(s, kGreater ? std::max(integer(s[0]), integer(s[1])) : std::min(integer(s[0]), integer(s[1])));
  give(s, real(first ? s[0] : s[1]));  // as torch.sym_max: a float among them makes a float
}
void symSum(Stack& s) {
  std::vector<IValue> terms;
  if (s.size() == 1 && s[0].isTuple())
    terms = s[0].toTupleRef().elements().vec();
  else
    terms = s;
  IValue total = int64_t{0};
  for (auto& term : terms) total = whole(total) && whole(term) ? Add::of(integer(total), integer(term)) : Add::of(real(total), real(term));
  give(s, total);
}

// --- metadata of tensors ------------------------------------------------------------------------------------------------
IValue sizesOf(const at::Tensor& t) { return IValue(c10::List<int64_t>(t.sizes())); }
IValue stridesOf(const at::Tensor& t) { return IValue(c10::List<int64_t>(t.strides())); }
void symSize(Stack& s) {
  auto t = s.at(0).toTensor();
  give(s, s.size() == 1 ? sizesOf(t) : IValue(t.size(integer(s[1]))));
}
void symStride(Stack& s) {
  auto t = s.at(0).toTensor();
  give(s, s.size() == 1 ? stridesOf(t) : IValue(t.stride(integer(s[1]))));
}
void symNumel(Stack& s) { give(s, s.at(0).toTensor().numel()); }
void symOffset(Stack& s) { give(s, s.at(0).toTensor().storage_offset()); }
void nothing(Stack& s) { give(s, IValue()); }

}  // namespace

const std::vector<NamedBuiltin>& numberBuiltins() {
  static const std::vector<NamedBuiltin> table{
      {"_operator.add", binary<Add>},
      {"_operator.iadd", binary<Add>},
      {"_operator.sub", binary<Sub>},
      {"_operator.mul", binary<Mul>},
      {"_operator.floordiv", binary<FloorDiv>},
      {"_operator.mod", binary<Mod>},
      {"_operator.truediv", binary<TrueDiv>},
      {"_operator.pow", binary<Pow>},
      {"_operator.eq", binary<Eq>},
      {"_operator.ne", binary<Ne>},
      {"_operator.lt", binary<Lt>},
      {"_operator.le", binary<Le>},
      {"_operator.gt", binary<Gt>},
      {"_operator.ge", binary<Ge>},
      {"_operator.and_", bitwise<'&'>},
      {"_operator.or_", bitwise<'|'>},
      {"_operator.xor", bitwise<'^'>},
      {"_operator.neg", neg},
      {"_operator.pos", pos},
      {"_operator.abs", absolute},
      {"_operator.not_", logicalNot},
      {"_operator.invert", invert},
      {"_operator.getitem", getitem},
      {"torch.sym_int", rounded<std::trunc>},
      {"torch.sym_float", symFloat},
      {"torch.sym_not", logicalNot},
      {"torch.sym_ite", ifThenElse},
      {"torch.sym_max", extreme<true>},
      {"torch.sym_min", extreme<false>},
      {"torch.sym_sum", symSum},
      {"torch._sym_sqrt", math<squareRoot>},
      {"torch.sym_sqrt", math<squareRoot>},
      {"torch._sym_log2", math<std::log2>},
      {"torch._sym_exp", math<std::exp>},
      {"torch._sym_cos", math<std::cos>},
      {"torch._sym_sin", math<std::sin>},
      {"math.sqrt", math<squareRoot>},
      {"math.exp", math<std::exp>},
      {"math.log", math<std::log>},
      {"math.log2", math<std::log2>},
      {"math.log10", math<std::log10>},
      {"math.sin", math<std::sin>},
      {"math.cos", math<std::cos>},
      {"math.tan", math<std::tan>},
      {"math.asin", math<std::asin>},
      {"math.acos", math<std::acos>},
      {"math.atan", math<std::atan>},
      {"math.sinh", math<std::sinh>},
      {"math.cosh", math<std::cosh>},
      {"math.tanh", math<std::tanh>},
      {"math.fabs", math<std::fabs>},
      {"math.ceil", rounded<std::ceil>},
      {"math.floor", rounded<std::floor>},
      {"math.trunc", rounded<std::trunc>},
      {"math.pow", mathPow},
      {"max", extreme<true>},
      {"min", extreme<false>},
      {"abs", absolute},
      {"int", rounded<std::trunc>},
      {"float", symFloat},
      {"round", rounded<std::nearbyint>},
      {"aten.sym_size", symSize},
      {"aten.sym_size.default", symSize},
      {"aten.sym_size.int", symSize},
      {"aten.sym_stride", symStride},
      {"aten.sym_stride.default", symStride},
      {"aten.sym_stride.int", symStride},
      {"aten.sym_numel", symNumel},
      {"aten.sym_numel.default", symNumel},
      {"aten.sym_storage_offset", symOffset},
      {"aten.sym_storage_offset.default", symOffset},
      {"torch._C._set_grad_enabled", nothing},  // runs happen without autograd
  };
  return table;
}

}  // namespace graph::torch
