// The graphs of switches_test.cpp: for each check one that it alone keeps from being taken.
#pragma once

#include <vector>

#include "tests/rewrites/programs.h"

namespace rewrites::test {

struct Switch {
  Check off;
  std::string signature, body;
  std::string before, after;   // what is decided with all checks on, and with this one off
};

inline std::vector<Switch> switches() {
  return {
      // k may keep x and read it whenever it likes.
      {Check::unknownOperator, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(k: "f32[4, 3]" = torch.ops.mylib.peek.default(x)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (k,))p",
       "refuse u: unknown-operator [k]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      // The collective reads x until it is waited for.
      {Check::asyncReader, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(r: "f32[4, 3]" = torch.ops._c10d_functional.all_reduce.default(x, 'sum', '0')
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
w: "f32[4, 3]" = torch.ops._c10d_functional.wait_tensor.default(r)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (w,))p",
       "refuse u: async-reader [r]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      // The collective reads x until it is waited for.
      {Check::pendingReads, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(r: "f32[4, 3]" = torch.ops._c10d_functional.all_reduce.default(x, 'sum', '0')
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
w: "f32[4, 3]" = torch.ops._c10d_functional.wait_tensor.default(r)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (w,))p",
       "refuse u: async-reader [r]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      // The copy may arrive after the write of u.
      {Check::pendingWrites, R"p(x: "f32[4, 3]", s: "f32[2, 3]", h: "f32[4, 3]")p",
       R"p(k: "f32[4, 3]" = torch.ops.aten.copy_.default(x, h, True)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(k, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return ())p",
       "refuse u: async-reader [k]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      // Nothing says that u has as many rows as z.
      {Check::dtypeOrShapeChanges, R"p(s0: "Sym(s0)", s1: "Sym(s1)", s: "f32[2, 3]")p",
       R"p(z: "f32[s0, 3]" = torch.ops.aten.full.default([s0, 3], 0)
u: "f32[s1, 3]" = torch.ops.aten.slice_scatter.default(z, s, 0, 0, 2)
m: "f32[s1, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p",
       "refuse u: dtype-or-shape-changes [z]\n",
       "take u -> z: write u\n"},
      // The four rows of e are one row of z.
      {Check::internalOverlap, R"p(s: "f32[2, 3]")p",
       R"p(z: "f32[1, 3]" = torch.ops.aten.full.default([1, 3], 0)
e: "f32[4, 3]" = torch.ops.aten.expand.default(z, [4, 3])
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(e, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p",
       "refuse u: internal-overlap [e]\n",
       "take u -> z: write u\n"},
      // Elements of a move to other places of a.
      {Check::overlappingOperand, R"p(a: "f32[4]", m: "b8[4]")p",
       R"p(u: "f32[4]" = torch.ops.aten.masked_scatter.default(a, m, a)
copy_: "f32[4]" = torch.ops.aten.copy_.default(a, u)
return ())p",
       "refuse u: overlapping-operand [a]\n",
       "take u -> a: write u erase copy_\ndisjoint(a)\n"},
      // Elements of a move to other places of a.
      {Check::ownWrites, R"p(a: "f32[4]", m: "b8[4]")p",
       R"p(u: "f32[4]" = torch.ops.aten.masked_scatter.default(a, m, a)
copy_: "f32[4]" = torch.ops.aten.copy_.default(a, u)
return ())p",
       "refuse u: overlapping-operand [a]\n",
       "take u -> a: write u erase copy_\ndisjoint(a)\n"},
      // Pointwise, but of another element: x + x.t().
      {Check::elementByElement, R"p(x: "f32[4, 4]")p",
       R"p(p: "f32[4, 4]" = torch.ops.aten.permute.default(x, [1, 0])
u: "f32[4, 4]" = torch.ops.aten.add.Tensor(x, p)
copy_: "f32[4, 4]" = torch.ops.aten.copy_.default(x, u)
return ())p",
       "refuse u: overlapping-operand [p]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      // In one storage rows 2 and 3 would get 1 added twice.
      {Check::twoOwners, R"p(s: "f32[2, 3]")p",
       R"p(z: "f32[4, 3]" = torch.ops.aten.full.default([4, 3], 0)
v: "f32[2, 3]" = torch.ops.aten.slice.Tensor(z, 0, 2, 4)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(z, s, 0, 0, 2)
f = torch.ops.aten._foreach_add_.Scalar([v, u], 1)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p",
       "refuse u: two-owners [f]\n",
       "take u -> z: write u\n"},
      // index_put makes a dense result of a part of z; in place v has gaps, and w is no view of it.
      {Check::geometryChanges, R"p(p: "i64[1]", k: "f32[4, 1]")p",
       R"p(z: "f32[4, 6]" = torch.ops.aten.full.default([4, 6], 0)
v: "f32[4, 3]" = torch.ops.aten.slice.Tensor(z, 1, 0, 3)
u: "f32[4, 3]" = torch.ops.aten.index_put.default(v, [None, p], k)
w: "f32[12]" = torch.ops.aten.view.default(u, [12])
m: "f32[12]" = torch.ops.aten.mul.Tensor(w, 2)
return (m,))p",
       "refuse u: geometry-changes [w]\n",
       "take u -> z: write u\n"},
      // index_put makes a dense result of a part of z; in place v has gaps, and w is no view of it.
      {Check::toldByViews, R"p(p: "i64[1]", k: "f32[4, 1]")p",
       R"p(z: "f32[4, 6]" = torch.ops.aten.full.default([4, 6], 0)
v: "f32[4, 3]" = torch.ops.aten.slice.Tensor(z, 1, 0, 3)
u: "f32[4, 3]" = torch.ops.aten.index_put.default(v, [None, p], k)
w: "f32[12]" = torch.ops.aten.view.default(u, [12])
m: "f32[12]" = torch.ops.aten.mul.Tensor(w, 2)
return (m,))p",
       "refuse u: geometry-changes [w]\n",
       "take u -> z: write u\n"},
      // The caller would get strides [6, 1].
      {Check::toldByCaller, R"p(p: "i64[1]", k: "f32[4, 1]")p",
       R"p(z: "f32[4, 6]" = torch.ops.aten.full.default([4, 6], 0)
v: "f32[4, 3]" = torch.ops.aten.slice.Tensor(z, 1, 0, 3)
u: "f32[4, 3]" = torch.ops.aten.index_put.default(v, [None, p], k)
return (u,))p",
       "refuse u: geometry-changes [output]\n",
       "take u -> z: write u\n"},
      // r would newly be a copy.
      {Check::toldByReshape, R"p(p: "i64[1]", k: "f32[4, 1]")p",
       R"p(z: "f32[4, 6]" = torch.ops.aten.full.default([4, 6], 0)
v: "f32[4, 3]" = torch.ops.aten.slice.Tensor(z, 1, 0, 3)
u: "f32[4, 3]" = torch.ops.aten.index_put.default(v, [None, p], k)
r: "f32[12]" = torch.ops.aten.reshape.default(u, [12])
m: "f32[12]" = torch.ops.aten.mul.Tensor(r, 2)
return (m,))p",
       "refuse u: geometry-changes [r]\n",
       "take u -> z: write u\n"},
      {Check::toldByStride, R"p(p: "i64[1]", k: "f32[4, 1]")p",
       R"p(z: "f32[4, 6]" = torch.ops.aten.full.default([4, 6], 0)
v: "f32[4, 3]" = torch.ops.aten.slice.Tensor(z, 1, 0, 3)
u: "f32[4, 3]" = torch.ops.aten.index_put.default(v, [None, p], k)
n: "Sym(3)" = torch.ops.aten.sym_stride.int(u, 0)
return (n,))p",
       "refuse u: geometry-changes [n]\n",
       "take u -> z: write u\n"},
      // A copy begins at 0; an input may be a part of something larger.
      {Check::toldByOffset, R"p(x: "f32[4, 3][3, 1]cpu", i: "i64[2][1]cpu", s: "f32[2, 3][3, 1]cpu")p",
       R"p(u: "f32[4, 3][3, 1]cpu" = torch.ops.aten.index_put.default(x, [i], s)
o: "Sym(0)" = torch.ops.aten.sym_storage_offset.default(u)
copy_: "f32[4, 3][3, 1]cpu" = torch.ops.aten.copy_.default(x, u)
return (o,))p",
       "refuse u: geometry-changes [o]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      // q takes over the strides of c, and a is relative to its storage.
      {Check::followedStrides, R"p(x: "f32[4, 3]")p",
       R"p(t: "f32[3, 4]" = torch.ops.aten.transpose.int(x, 0, 1)
c: "f32[3, 4]" = torch.ops.aten.clone.default(t, memory_format = torch.contiguous_format)
q: "f32[3, 4]" = torch.ops.aten.add.Tensor(c, 1)
a: "f32[3]" = torch.ops.aten.as_strided.default(q, [3], [1], 0)
m: "f32[3]" = torch.ops.aten.mul.Tensor(a, 2)
return (m,))p",
       "refuse c: geometry-changes [a]\n",
       "take c -> x: drop c\ndisjoint(x)\n"},
      // Element 0 of the storage of the copy is what b held when it was made.
      {Check::storageOfResults, R"p(s: "f32[2]")p",
       R"p(b: "f32[8]" = torch.ops.aten.full.default([8], 0)
v: "f32[4]" = torch.ops.aten.slice.Tensor(b, 0, 2, 6)
u: "f32[4]" = torch.ops.aten.slice_scatter.default(v, s, 0, 0, 2)
h: "f32[2]" = torch.ops.aten.slice.Tensor(b, 0, 0, 2)
add_: "f32[2]" = torch.ops.aten.add_.Tensor(h, 1)
w: "f32[2]" = torch.ops.aten.as_strided.default(u, [2], [1], 0)
m: "f32[2]" = torch.ops.aten.mul.Tensor(w, 2)
return (m,))p",
       "refuse u: geometry-changes [w]\n",
       "take u -> b: write u\n"},
      // x and y may be two halves of one buffer, and a then shows x.
      {Check::storageOfInputs, R"p(x: "f32[4, 3]", s: "f32[2, 3]", y: "f32[4, 3]")p",
       R"p(a: "f32[12]" = torch.ops.aten.as_strided.default(y, [12], [1], 0)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
m: "f32[12]" = torch.ops.aten.mul.Tensor(a, 2)
return (m,))p",
       "refuse u: inputs-may-alias [a]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      // At s0 = 1 the reshape shows x.
      {Check::aliasDependsOnSize, R"p(s0: "Sym(s0)", x: "f32[s0, s0]", s: "f32[1, s0]")p",
       R"p(t: "f32[s0, s0]" = torch.ops.aten.transpose.int(x, 0, 1)
c: "f32[s0*s0]" = torch.ops.aten.reshape.default(t, [-1])
u: "f32[s0, s0]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 1)
m: "f32[s0*s0]" = torch.ops.aten.mul.Tensor(c, 2)
copy_: "f32[s0, s0]" = torch.ops.aten.copy_.default(x, u)
return (m,))p",
       "refuse u: alias-depends-on-size [m]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      // At s0 = 1 the reshape shows x.
      {Check::mayAliasReaders, R"p(s0: "Sym(s0)", x: "f32[s0, s0]", s: "f32[1, s0]")p",
       R"p(t: "f32[s0, s0]" = torch.ops.aten.transpose.int(x, 0, 1)
c: "f32[s0*s0]" = torch.ops.aten.reshape.default(t, [-1])
u: "f32[s0, s0]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 1)
m: "f32[s0*s0]" = torch.ops.aten.mul.Tensor(c, 2)
copy_: "f32[s0, s0]" = torch.ops.aten.copy_.default(x, u)
return (m,))p",
       "refuse u: alias-depends-on-size [m]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      // Whether the write reaches z depends on the sizes.
      {Check::mayAliasBases, R"p(s0: "Sym(s0)", s: "f32[2]")p",
       R"p(z: "f32[s0, 3]" = torch.ops.aten.full.default([s0, 3], 0)
t: "f32[3, s0]" = torch.ops.aten.transpose.int(z, 0, 1)
r: "f32[3*s0]" = torch.ops.aten.reshape.default(t, [-1])
u: "f32[3*s0]" = torch.ops.aten.slice_scatter.default(r, s, 0, 0, 2)
m: "f32[3*s0]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p",
       "refuse u: alias-depends-on-size [r]\n",
       "take u -> z: write u\n"},
      // v is x as it was before.
      {Check::oldValueReadLater, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
v: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
m: "f32[2, 3]" = torch.ops.aten.mul.Tensor(v, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p",
       "refuse u: old-value-read-later [m]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      // v is x as it was before.
      {Check::readsThroughViews, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
v: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
m: "f32[2, 3]" = torch.ops.aten.mul.Tensor(v, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p",
       "refuse u: old-value-read-later [m]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      {Check::readsThroughGetitem, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(p = torch.ops.aten.split.Tensor(x, 2)
v: "f32[2, 3]" = p[0]
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[2, 3]" = torch.ops.aten.mul.Tensor(v, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p",
       "refuse u: old-value-read-later [m]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      {Check::dtypeViews, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(v: "i32[4, 3]" = torch.ops.aten.view.dtype(x, torch.int32)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "i32[4, 3]" = torch.ops.aten.mul.Tensor(v, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p",
       "refuse u: old-value-read-later [m]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      // w is left because it is returned, and reads rows 0 and 1 of x.
      {Check::readsOutsideWindow, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
w: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 2, 4)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (w,))p",
       "refuse u: old-value-read-later [w]\nrefuse w: copy-writes-other-value [copy_ output]\n",
       "take u -> x: write u erase copy_\nrefuse w: old-value-read-later [copy_ output]\ndisjoint(x)\n"},
      // u adds to the elements of x as they were before v.
      {Check::oldElements, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(v: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(v, 2)
u: "f32[4, 3]" = torch.ops.aten.add.Tensor(x, 1)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p",
       "take u -> x: write u erase copy_\nrefuse v: old-value-read-later [u]\ndisjoint(x)\n",
       "take v -> x: write v\ntake u -> x: write u erase copy_\ndisjoint(x)\n"},
      // Nothing is written back.
      {Check::inputMustKeepValue, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p",
       "refuse u: input-must-keep-value [x]\n",
       "take u -> x: write u\ndisjoint(x)\n"},
      // Nothing is written back.
      {Check::callerReadsInputs, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p",
       "refuse u: input-must-keep-value [x]\n",
       "take u -> x: write u\ndisjoint(x)\n"},
      // A second run would find another buffer.
      {Check::callerReadsConstants, R"p(s: "f32[2, 3]")p",
       R"p(buf: "f32[4, 3]" = self.buf
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(buf, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p",
       "refuse u: input-must-keep-value [buf]\n",
       "take u -> buf: write u\ndisjoint(buf)\n"},
      {Check::copyWritesOtherValue, R"p(x: "f32[4, 3]", s: "f32[2, 3]", y: "f32[4, 3]")p",
       R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, y)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p",
       "refuse u: copy-writes-other-value [copy_ m]\n",
       "take u -> x: write u\ndisjoint(x)\n"},
      // fill_ is in the graph already.
      {Check::printedWrites, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
fill_: "f32[4, 3]" = torch.ops.aten.fill_.Scalar(x, 0)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p",
       "refuse u: old-value-read-later [m]\n",
       "take u -> x: write u\ndisjoint(x)\n"},
      {Check::resultEscapes, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (u,))p",
       "refuse u: result-escapes [output]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      {Check::escapesIntoInputs, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (u,))p",
       "refuse u: result-escapes [output]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      {Check::escapesIntoConstants, R"p(s: "f32[2, 3]")p",
       R"p(buf: "f32[4, 3]" = self.buf
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(buf, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(buf, u)
return (u,))p",
       "refuse u: result-escapes [output]\n",
       "take u -> buf: write u erase copy_\ndisjoint(buf)\n"},
      // Nobody reads what is written, but the two outputs would share memory.
      {Check::escapesIntoOutputs, R"p(s: "f32[2, 3]")p",
       R"p(z: "f32[4, 3]" = torch.ops.aten.full.default([4, 3], 0)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(z, s, 0, 0, 2)
v: "f32[2, 3]" = torch.ops.aten.slice.Tensor(z, 0, 2, 4)
return (u, v))p",
       "refuse u: result-escapes [output]\n",
       "take u -> z: write u\n"},
      // One buffer, fetched twice.
      {Check::inputsMayAlias, R"p(s: "f32[2, 3]")p",
       R"p(a: "f32[4, 3]" = self.buf
b: "f32[4, 3]" = self.buf
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(a, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(b, u)
return ())p",
       "refuse u: inputs-may-alias [b]\n",
       "take u -> a: write u erase copy_\ndisjoint(a)\n"},
      // y may be x.
      {Check::inputGuards, R"p(x: "f32[4, 3]", s: "f32[2, 3]", y: "f32[4, 3]")p",
       R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(y, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p",
       "take u -> x: write u erase copy_\ndisjoint(x)\n",
       "take u -> x: write u erase copy_\n"},
      // Negative s0 - 6 wraps.
      {Check::sizeUnproven, R"p(s0: "Sym(s0)", x: "f32[s0]", s: "f32[u0]")p",
       R"p(k: "Sym(s0 - 6)" = s0 - 6
u: "f32[s0]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, k)
a: "Sym(s0 - 2)" = k + 4
b: "Sym(s0 + 2)" = k + 8
r: "f32[u1]" = torch.ops.aten.slice.Tensor(x, 0, a, b)
m: "f32[u1]" = torch.ops.aten.mul.Tensor(r, 2)
copy_: "f32[s0]" = torch.ops.aten.copy_.default(x, u)
return (m,))p",
       "refuse u: size-unproven [m]\n",
       "take u -> x: write u erase copy_\ndisjoint(x)\n"},
      // The mask may write all of z.
      {Check::notProfitable, R"p(m: "b8[4]")p",
       R"p(z: "f32[4]" = torch.ops.aten.full.default([4], 1)
u: "f32[4]" = torch.ops.aten.masked_fill.Scalar(z, m, 0)
return (u,))p",
       "refuse u: not-profitable []\n",
       "take u -> z: write u\n"},
      // Rows 0 and 1 of u are those of x before v.
      {Check::versions, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(v: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(v, 2)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 2, 4)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p",
       "take u -> x: write u erase copy_\nrefuse v: old-value-read-later [u]\ndisjoint(x)\n",
       "take v -> x: write v\ntake u -> x: write u erase copy_\ndisjoint(x)\n"},
      // u holds t2 in its window, which v would have overwritten.
      {Check::noOpScatters, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(t: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
t2: "f32[2, 3]" = torch.ops.aten.add.Tensor(t, 1)
v: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(v, 2)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, t2, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p",
       "take u -> x: write t2 drop u erase copy_\nrefuse v: old-value-read-later [copy_]\ndisjoint(x)\n",
       "take v -> x: write v\ntake u -> x: write t2 drop u erase copy_\ndisjoint(x)\n"},
      // copy_ brings rows 0 and 1 to x as they were before v.
      {Check::erasedCopies, R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
       R"p(v: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(v, 2)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 2, 4)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p",
       "take u -> x: write u erase copy_\nrefuse v: old-value-read-later [u]\ndisjoint(x)\n",
       "take v -> x: write v\ntake u -> x: write u erase copy_\ndisjoint(x)\n"},
      {Check::conjugateBits, R"p(x: "c64[4]")p",
       R"p(c: "c64[4]" = torch.ops.aten._conj.default(x)
copy_: "c64[4]" = torch.ops.aten.copy_.default(x, c)
return ())p",
       "",
       "take copy_ -> x: erase copy_\n"},
  };
}

}  // namespace rewrites::test
