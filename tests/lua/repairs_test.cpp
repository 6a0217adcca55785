// The scripts that carry out repairs: what they make of small programs, what fx.preview says of them, and the repair in a refusal.
#include "tests/lua/related.h"

namespace rewrites::lua::test {
namespace {

class Repairs : public Related {};

const char* const kXS = R"_(x: "f32[8, 3][3, 1]cpu", s: "f32[2, 3][3, 1]cpu")_";
const char* const kLateReader = R"_(
    u: "f32[8, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
    v: "f32[2, 3][3, 1]cpu" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
    m: "f32[2, 3][3, 1]cpu" = torch.ops.aten.mul.Tensor(v, 2)
    copy_: "f32[8, 3][3, 1]cpu" = torch.ops.aten.copy_.default(x, u))_";

TEST_F(Repairs, HoistReaders) {
  EXPECT_EQ(after("'hoist_readers'", kXS, kLateReader, "(m,)"),
            "v = aten.slice.Tensor(x, 0, 0, 2)\n"
            "m = aten.mul.Tensor(v, 2)\n"
            "u = aten.slice_scatter.default(x, s, 0, 0, 2)\n"
            "copy_ = aten.copy_.default(x, u)\n"
            "return (m,)\n");
}

TEST_F(Repairs, CloneOperandKeepsTheBaseOfTheUpdate) {
  EXPECT_EQ(after("'clone_operand'", R"_(x: "f32[8][1]cpu", i: "i64[8][1]cpu")_", R"_(
    u: "f32[8][1]cpu" = torch.ops.aten.index_put.default(x, [i], x)
    copy_: "f32[8][1]cpu" = torch.ops.aten.copy_.default(x, u))_", "()"),
            "u = aten.index_put.default(x, [i], x)\ncopy_ = aten.copy_.default(x, u)\nreturn ()\n");   // the clone costs what it saves
  EXPECT_EQ(after("'clone_operand'", R"_(x: "f32[8][1]cpu", i: "i64[2][1]cpu")_", R"_(
    a: "f32[2][1]cpu" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
    u: "f32[8][1]cpu" = torch.ops.aten.index_put.default(x, [i], a)
    copy_: "f32[8][1]cpu" = torch.ops.aten.copy_.default(x, u))_", "()"),
            "a = aten.slice.Tensor(x, 0, 0, 2)\nclone = aten.clone.default(a)\n"
            "u = aten.index_put.default(x, [i], clone)\ncopy_ = aten.copy_.default(x, u)\nreturn ()\n");
}

TEST_F(Repairs, CloneOperandReturnsAClone_195451) {
  const std::string out = after("'clone_operand', 'reinplace'", R"_(x: "f32[8][1]cpu", i: "i64[2][1]cpu", v: "f32[2][1]cpu")_", R"_(
    u: "f32[8][1]cpu" = torch.ops.aten.index_put.default(x, [i], v)
    copy_: "f32[8][1]cpu" = torch.ops.aten.copy_.default(x, u))_", "(u,)");
  EXPECT_NE(out.find("index_put_ = aten.index_put_.default(x, [i], v)\nclone = aten.clone.default(x)\nreturn (clone,)\n"), std::string::npos) << out;
  EXPECT_NE(out.find("# guard: strides(x, [1])\n"), std::string::npos) << out;   // with others the caller would see those of the clone
}

TEST_F(Repairs, SplitFactory_132865) {
  EXPECT_EQ(after("'split_factory'", R"_(a: "f32[2, 3][3, 1]cpu", b: "f32[2, 3][3, 1]cpu")_", R"_(
    z: "f32[8, 3][3, 1]cpu" = torch.ops.aten.full.default([8, 3], 2, dtype = torch.float32)
    u: "f32[8, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(z, a, 0, 0, 2)
    v: "f32[8, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(z, b, 0, 2, 4))_", "(u, v)"),
            "z = aten.full.default([8, 3], 2, dtype = torch.float32)\n"
            "full = aten.full.default([8, 3], 2, dtype = torch.float32)\n"
            "u = aten.slice_scatter.default(full, a, 0, 0, 2)\n"
            "v = aten.slice_scatter.default(z, b, 0, 2, 4)\n"
            "return (u, v)\n");
}

TEST_F(Repairs, TwoThatMoveOneNode) {
  // m reads both buffers: it goes before the first write; the other repair says that it would move it as well.
  const std::string out = after("'hoist_readers'", R"_(x: "f32[8, 3][3, 1]cpu", y: "f32[8, 3][3, 1]cpu", s: "f32[2, 3][3, 1]cpu")_", R"_(
    u: "f32[8, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
    w: "f32[8, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(y, s, 0, 0, 2)
    m: "f32[8, 3][3, 1]cpu" = torch.ops.aten.mul.Tensor(x, y)
    copy_: "f32[8, 3][3, 1]cpu" = torch.ops.aten.copy_.default(x, u)
    copy__1: "f32[8, 3][3, 1]cpu" = torch.ops.aten.copy_.default(y, w))_", "(m,)");
  EXPECT_EQ(out.substr(0, out.find('\n') + 1), "m = aten.mul.Tensor(x, y)\n") << out;
  EXPECT_NE(out.find("w: repairs-meet: another repair moves or changes m too: apply hoist_readers again [m]\n"), std::string::npos) << out;
  ASSERT_TRUE(engine.run("fx.apply('reinplace')").ok);   // one move was enough for both
  EXPECT_EQ(text().find("slice_scatter"), std::string::npos) << text();
}

TEST_F(Repairs, Preview) {
  after("", kXS, kLateReader, "(m,)");
  const std::string before = text();
  value("local p = fx.preview('hoist_readers') assert(#p.taken == 1 and p.taken[1].node == 'u' and #p.added == 0)"
        " p = fx.preview{'hoist_readers', 'reinplace'} assert(#p.taken == 2 and p.taken[2].bytes_saved == 144)");
  EXPECT_EQ(text(), before);
}

TEST_F(Repairs, InTheRefusal) {
  after("", kXS, kLateReader, "(m,)");
  value("local g = fx.graph() local _, why = g:can_write_in_place('u') local r = why.repair"
        " assert(r.text == 'move m before u' and r.rewrite == 'hoist_readers' and r.bytes == 144)"
        " assert(r.before == g.u and #r.move == 2 and r.move[1] == g.v and r.move[2] == g.m and #r.users == 0 and not r.value and #r.guards == 0)");
  ASSERT_TRUE(engine.run("fx.apply('reinplace')").ok);
  const auto& refused = session.lastOutcomes().at(0).refused.at(0);
  ASSERT_TRUE(refused.repair);
  EXPECT_EQ(refused.repair->text, "move m before u");
  EXPECT_EQ(refused.repair->rewrite, "hoist_readers");
  EXPECT_EQ(refused.repair->bytes, 144);
}

}  // namespace
}  // namespace rewrites::lua::test
