// Repairs of refusals: which is offered, what it saves, and where there is none.
#include "rewrites/repair.h"

#include <gtest/gtest.h>

#include "graph/text/printer.h"
#include "tests/rewrites/programs.h"

namespace rewrites {
namespace {

using graph::ir::Expr;
using graph::ir::Graph;
using graph::ir::NodeId;

/// Copied bytes of the graph once everything that is taken was carried out, by the sums that the chains state.
Expr copiedAfter(const Graph& g) {
  const InPlace decisions(g);
  Expr sum(0);
  Operators operators;
  for (const NodeId id : g)
    if (const auto bytes = copiedBytes(g, id, operators.of(g.node(id)))) sum = sum + *bytes;
  for (const auto& chain : decisions.chains()) sum = sum - chain.bytesSaved;
  return sum;
}

/// "hoist_readers: move m before u, saves 48; then as decided on the repaired graph: take …". Empty when there is no repair.
std::string repair(const std::string& signature, const std::string& body, const std::string& node) {
  const auto g = test::parse(signature, body);
  const InPlace decisions(*g);
  const NodeId id = g->find(node);
  EXPECT_TRUE(decisions.refusalOf(id)) << test::decisions(*g);
  const Repair* found = decisions.repairOf(id);
  EXPECT_EQ(found, decisions.repairOf(id)) << "kept";
  if (!found) return "";
  const Graph after = repaired(*g, *found);
  EXPECT_TRUE(InPlace(after).chainOf(id)) << graph::text::print(after);
  EXPECT_EQ(*found->bytes, copiedAfter(*g) - copiedAfter(after));
  for (const NodeId n : after) after.node(n).forEachInput([&](NodeId input) { EXPECT_TRUE(after.before(input, n)) << graph::text::print(after); });
  EXPECT_EQ(graph::text::print(*g), graph::text::print(*test::parse(signature, body))) << "the graph is as it was";
  return found->rewrite + ": " + found->text + ", saves " + found->bytes->str();
}

const char* const kXS = R"p(x: "f32[8, 3][3, 1]cpu", s: "f32[2, 3][3, 1]cpu")p";

const std::string kScatter = "u: \"f32[8, 3][3, 1]cpu\" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)\n";
const std::string kOld = "v: \"f32[2, 3][3, 1]cpu\" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)\n";
const std::string kCopy = "copy_: \"f32[8, 3][3, 1]cpu\" = torch.ops.aten.copy_.default(x, u)\n";

TEST(Repair, MovesTheReaderBeforeTheWrite) {
  EXPECT_EQ(repair(kXS, kScatter + kOld + "m: \"f32[2, 3][3, 1]cpu\" = torch.ops.aten.mul.Tensor(v, 2)\n" + kCopy + "return (m,)", "u"),
            "hoist_readers: move m before u, saves 144");
}

TEST(Repair, MovesWhatTheReaderNeeds) {
  const auto g = test::parse(kXS, kScatter + kOld + R"p(e: "f32[2, 3][3, 1]cpu" = torch.ops.aten.exp.default(s)
m: "f32[2, 3][3, 1]cpu" = torch.ops.aten.mul.Tensor(v, e)
)p" + kCopy + "return (m,)");
  const InPlace decisions(*g);
  const Repair* found = decisions.repairOf(g->find("u"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->move, (std::vector<NodeId>{g->find("v"), g->find("e"), g->find("m")}));
  EXPECT_EQ(found->before, g->find("u"));
  EXPECT_EQ(found->text, "move m before u");
}

TEST(Repair, NamesAFewOfManyReaders) {
  std::string body = kScatter + kOld, returned;
  for (const char* name : {"m1", "m2", "m3", "m4", "m5"}) {
    body += std::string(name) + ": \"f32[2, 3][3, 1]cpu\" = torch.ops.aten.mul.Tensor(v, 2)\n";
    returned += std::string(name) + ", ";
  }
  EXPECT_EQ(repair(kXS, body + kCopy + "return (" + returned + ")", "u"), "hoist_readers: move m1, m2 and 3 others before u, saves 144");
}

TEST(Repair, MovesReadersBeforeTheInnermostUpdateOfAChain) {
  EXPECT_EQ(repair(R"p(x: "f32[8, 4, 2][8, 2, 1]cpu", i: "i64[2][1]cpu", k: "f32[3, 2, 2][4, 2, 1]cpu")p", R"p(t: "f32[3, 4, 2][8, 2, 1]cpu" = torch.ops.aten.slice.Tensor(x, 0, 0, 3)
p: "f32[3, 4, 2][8, 2, 1]cpu" = torch.ops.aten.index_put.default(t, [None, i], k)
u: "f32[8, 4, 2][8, 2, 1]cpu" = torch.ops.aten.slice_scatter.default(x, p, 0, 0, 3)
m: "f32[8, 4, 2][8, 2, 1]cpu" = torch.ops.aten.mul.Tensor(x, 2)
copy_: "f32[8, 4, 2][8, 2, 1]cpu" = torch.ops.aten.copy_.default(x, u)
return (m,))p", "u"), "hoist_readers: move m before p, saves 464");
}

TEST(Repair, BytesOfSymbolicSizesAreAnExpression) {
  EXPECT_EQ(repair(R"p(s0: "Sym(s0)", x: "f32[s0, 3][3, 1]cpu", s: "f32[2, 3][3, 1]cpu")p", R"p(u: "f32[s0, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[s0, 3][3, 1]cpu" = torch.ops.aten.mul.Tensor(x, 2)
copy_: "f32[s0, 3][3, 1]cpu" = torch.ops.aten.copy_.default(x, u)
return (m,))p", "u"), "hoist_readers: move m before u, saves 24*s0 - 48");
}

// --- what may not move ---------------------------------------------------------------------------------------------------------

TEST(Repair, DoesNotMoveAReaderOverAWriteToWhatItReads) {
  // m reads y after add_ wrote it; a clone of v would do.
  EXPECT_EQ(repair(R"p(x: "f32[8, 3][3, 1]cpu", s: "f32[2, 3][3, 1]cpu", y: "f32[2, 3][3, 1]cpu")p", kScatter + kOld + R"p(add_: "f32[2, 3][3, 1]cpu" = torch.ops.aten.add_.Tensor(y, 1)
m: "f32[2, 3][3, 1]cpu" = torch.ops.aten.mul.Tensor(y, s)
n: "f32[2, 3][3, 1]cpu" = torch.ops.aten.add.Tensor(m, v)
)p" + kCopy + "return (n,)", "u"), "");
}

TEST(Repair, AWriteToAnyInputMayBeAWriteToThisOne) {
  EXPECT_EQ(repair(R"p(x: "f32[8, 3][3, 1]cpu", s: "f32[2, 3][3, 1]cpu", y: "f32[2, 3][3, 1]cpu")p", kScatter + kOld + R"p(add_: "f32[2, 3][3, 1]cpu" = torch.ops.aten.add_.Tensor(y, 1)
m: "f32[2, 3][3, 1]cpu" = torch.ops.aten.mul.Tensor(v, 2)
)p" + kCopy + "return (m,)", "u"), "");
}

TEST(Repair, DoesNotMoveRandomNumbersAssertionsOrUnknownOperators) {
  for (const char* reader : {"m: \"f32[2, 3][3, 1]cpu\" = torch.ops.aten.bernoulli.p(v, 0.5)", "m: \"f32[2, 3][3, 1]cpu\" = torch.ops.aten.rand_like.default(v)\nn: \"f32[2, 3][3, 1]cpu\" = torch.ops.aten.mul.Tensor(m, v)"}) {
    const std::string last = std::string(reader).find("n:") == std::string::npos ? "m" : "n";
    const std::string found = repair(kXS, kScatter + kOld + reader + "\n" + kCopy + "return (" + last + ",)", "u");
    EXPECT_EQ(found.find("hoist_readers"), std::string::npos) << found;
  }
}

TEST(Repair, NothingForTheCaller) {
  // x keeps its content for the caller: nothing that moves or is cloned changes that.
  EXPECT_EQ(repair(kXS, kScatter + "m: \"f32[8, 3][3, 1]cpu\" = torch.ops.aten.mul.Tensor(u, 2)\nreturn (m,)", "u"), "");
}

// --- clones ----------------------------------------------------------------------------------------------------------------------

TEST(Repair, ClonesWhatALateReaderNeeds) {
  EXPECT_EQ(repair(kXS, kScatter + "t: \"f32[][]cpu\" = torch.ops.aten.sum.default(u)\n" + kOld + "m: \"f32[2, 3][3, 1]cpu\" = torch.ops.aten.mul.Tensor(v, t)\n" + kCopy + "return (m,)", "u"),
            "clone_operand: clone v before u, for m, saves 120");
}

TEST(Repair, NoCloneThatCostsWhatItSaves) {
  // The whole of x would be cloned, and half of it is written.
  EXPECT_EQ(repair(R"p(x: "f32[4, 3][3, 1]cpu", s: "f32[4, 3][3, 1]cpu")p", R"p(u: "f32[4, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 4)
t: "f32[][]cpu" = torch.ops.aten.sum.default(u)
m: "f32[4, 3][3, 1]cpu" = torch.ops.aten.mul.Tensor(x, t)
copy_: "f32[4, 3][3, 1]cpu" = torch.ops.aten.copy_.default(x, u)
return (m,))p", "u"), "");
}

TEST(Repair, ClonesASourceThatOverlapsTheWindow) {
  EXPECT_EQ(repair(R"p(x: "f32[8, 3][3, 1]cpu")p", R"p(a: "f32[3, 3][3, 1]cpu" = torch.ops.aten.slice.Tensor(x, 0, 0, 3)
u: "f32[8, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(x, a, 0, 1, 4)
copy_: "f32[8, 3][3, 1]cpu" = torch.ops.aten.copy_.default(x, u)
return ())p", "u"), "clone_operand: clone a before u, instead of x, saves 84");
}

TEST(Repair, TheBaseOfAnUpdateIsNotCloned) {
  // masked_scatter(a, m, a): the source is cloned, the base stays. A mask's window is the whole base: only the copy_ goes, and that is what the clone costs.
  const auto g = test::parse(R"p(a: "f32[4][1]cpu", i: "i64[2][1]cpu")p", R"p(u: "f32[4][1]cpu" = torch.ops.aten.index_put.default(a, [i], a)
return (u,))p");
  Repair repair;
  repair.rewrite = "clone_operand";
  repair.value = g->find("a");
  repair.before = g->find("u");
  repair.users = {repair.before};
  const Graph after = repaired(*g, repair);
  const auto& u = after.node(repair.before);
  EXPECT_EQ(u.args[0].node(), repair.value);
  EXPECT_EQ(after.node(u.args[2].node()).target, "aten.clone.default");
}

TEST(Repair, ReturnsACloneOfWhatIsCopiedToo) {   // pytorch 195451
  EXPECT_EQ(repair(kXS, kScatter + kCopy + "return (u,)", "u"), "clone_operand: return a clone of u, saves 48");
}

TEST(Repair, NoCloneOfTheResultThatCostsWhatItSaves) {
  EXPECT_EQ(repair(R"p(x: "f32[4, 3][3, 1]cpu", s: "f32[2, 3][3, 1]cpu")p", R"p(u: "f32[4, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3][3, 1]cpu" = torch.ops.aten.copy_.default(x, u)
return (u,))p", "u"), "");
}

TEST(Repair, TwoOutputsThatShareMemoryGoOnSharingIt) {
  EXPECT_EQ(repair(kXS, kScatter + kCopy + "w: \"f32[2, 3][3, 1]cpu\" = torch.ops.aten.slice.Tensor(u, 0, 0, 2)\nreturn (u, w)", "u"), "");
}

TEST(Repair, ACloneOfAPartHasOtherStrides) {
  // The rows of x have gaps, and so have those of u: the caller would see it.
  EXPECT_EQ(repair(R"p(x: "f32[8, 3][4, 1]cpu", s: "f32[2, 3][3, 1]cpu")p", R"p(u: "f32[8, 3][4, 1]cpu" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[8, 3][4, 1]cpu" = torch.ops.aten.copy_.default(x, u)
return (u,))p", "u"), "");
}

TEST(Repair, WhatACloneTakesForGrantedIsGuarded) {
  const auto g = test::parse(kXS, kScatter + kCopy + "return (u,)");
  const InPlace decisions(*g);
  const Repair* found = decisions.repairOf(g->find("u"));
  ASSERT_TRUE(found);
  ASSERT_FALSE(found->guards.empty());
  EXPECT_EQ(found->guards[0].str(), "strides(x, [3, 1])");
  EXPECT_EQ(repaired(*g, *found).guards(), found->guards);
}

// --- factories -------------------------------------------------------------------------------------------------------------------

const char* const kAB = R"p(a: "f32[2, 3][3, 1]cpu", b: "f32[2, 3][3, 1]cpu")p";
const std::string kTwo = R"p(u: "f32[8, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(z, a, 0, 0, 2)
v: "f32[8, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(z, b, 0, 2, 4)
return (u, v))p";

TEST(Repair, GivesTwoUpdatesAFactoryEach) {   // pytorch 132865
  EXPECT_EQ(repair(kAB, "z: \"f32[8, 3][3, 1]cpu\" = torch.ops.aten.zeros.default([8, 3])\n" + kTwo, "u"), "split_factory: give u a zeros of its own, saves 48");
  EXPECT_EQ(repair(kAB, "z: \"f32[8, 3][3, 1]cpu\" = torch.ops.aten.empty.memory_format([8, 3])\n" + kTwo, "u"), "split_factory: give u an empty of its own, saves 48");
}

TEST(Repair, OnlyFactoriesAreCalledTwice) {
  EXPECT_EQ(repair(kAB, "z: \"f32[8, 3][3, 1]cpu\" = torch.ops.aten.rand.default([8, 3])\n" + kTwo, "u"), "");
  EXPECT_EQ(repair(std::string(kAB) + ", c: \"f32[8, 3][3, 1]cpu\"", "z: \"f32[8, 3][3, 1]cpu\" = torch.ops.aten.exp.default(c)\n" + kTwo, "u"), "");
}

TEST(Repair, AFactoryThroughViewsOfOnesOwn) {
  EXPECT_EQ(repair(R"p(a: "f32[2, 3][3, 1]cpu", i: "i64[2][1]cpu", k: "f32[2, 3][3, 1]cpu")p", R"p(z: "f32[8, 3][3, 1]cpu" = torch.ops.aten.full.default([8, 3], 2.0)
t: "f32[4, 3][3, 1]cpu" = torch.ops.aten.slice.Tensor(z, 0, 0, 4)
p: "f32[4, 3][3, 1]cpu" = torch.ops.aten.index_put.default(t, [i], k)
u: "f32[8, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(z, p, 0, 0, 4)
v: "f32[8, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(z, a, 0, 2, 4)
return (u, v))p", "u"), "split_factory: give u a full of its own, saves 72");
}

// --- cost -------------------------------------------------------------------------------------------------------------------------

TEST(Repair, RulesWithoutARepairAnalyseNothing) {
  const auto g = test::parse(R"p(x: "f32[3][1]cpu", r: "f32[1, 3][3, 1]cpu")p", R"p(e: "f32[2, 3][0, 1]cpu" = torch.ops.aten.expand.default(x, [2, 3])
u: "f32[2, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(e, r, 0, 0, 1)
return (u,))p");
  const InPlace decisions(*g);
  ASSERT_TRUE(decisions.refusalOf(g->find("u")));
  int analyses = 5;
  EXPECT_FALSE(findRepair(decisions, *decisions.refusalOf(g->find("u")), analyses));
  EXPECT_EQ(analyses, 5);
}

TEST(Repair, NothingWithoutAnalyses) {
  const auto g = test::parse(kXS, kScatter + kCopy + "return (u,)");
  const InPlace decisions(*g);
  int none = 0, one = 1;
  EXPECT_FALSE(findRepair(decisions, *decisions.refusalOf(g->find("u")), none));
  EXPECT_TRUE(findRepair(decisions, *decisions.refusalOf(g->find("u")), one));
  EXPECT_EQ(one, 0);
}

}  // namespace
}  // namespace rewrites
