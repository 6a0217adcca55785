// fx.rewrite, fx.apply and fx.preview: matching on the unchanged graph, dead matches, patterns.
#include "tests/lua/harness.h"

namespace rewrites::lua::test {
namespace {

class Rewriting : public EngineTest {
 protected:
  void open(const std::string& body) { session.openText("def forward(self, x: \"f32[4]\", y: \"f32[4]\"):\n" + body, "small.txt"); }
};

TEST_F(Rewriting, MatchSeesTheUnchangedGraphAndDeadMatchesAreSkipped) {
  open(R"(    a: "f32[4]" = torch.ops.aten.relu.default(x)
    b: "f32[4]" = torch.ops.aten.relu.default(a)
    c: "f32[4]" = torch.ops.aten.relu.default(b)
    return (c,)
)");
  // relu(relu(x)) -> relu(x), by functions: both inner matches are found first; the one whose node went is skipped.
  value(R"lua(seen = {}
    fx.rewrite{name = "once", match = function(g, n)
        seen[#seen + 1] = n.name
        if n.target == "aten.relu.default" and n.args[1].target == n.target then return {inner = n.args[1]} end
      end, apply = function(g, m)
        m.node:replace_all_uses_with(m.inner)
        g:erase(m.node)
      end}
    fx.apply("once"))lua");
  EXPECT_EQ(value("table.concat(seen, ' ')"), "x y a b c output");
  ASSERT_EQ(session.lastOutcomes().size(), 0u);   // of the last chunk, which applied nothing
  EXPECT_EQ(value("#fx.graph()"), "5");   // c was matched with b, which went with its own match
  EXPECT_EQ(value("fx.graph().c.args[1].name"), "a");
  ASSERT_EQ(session.journal().current().outcomes[0].taken.size(), 1u);
  EXPECT_EQ(session.journal().current().outcomes[0].taken[0].removed, (std::vector<std::string>{"b"}));
}

TEST_F(Rewriting, PatternWithCapturesDefaultsAndWhere) {
  open(R"(    s: "f32[4]" = torch.ops.aten.sigmoid.default(x)
    m: "f32[4]" = torch.ops.aten.mul.Tensor(x, s)
    t: "f32[4]" = torch.ops.aten.sigmoid.default(y)
    n: "f32[4]" = torch.ops.aten.mul.Tensor(y, t)
    o: "f32[4]" = torch.ops.aten.mul.Tensor(x, t)
    p: "f32[4]" = torch.ops.aten.add.Tensor(m, n, alpha = 1)
    return (p, o)
)");
  value(R"lua(fx.rewrite{name = "silu", pattern = "aten.mul.Tensor(%a, aten.sigmoid.default(%a))", replace = "aten.silu.default(%a)",
      where = function(m) return m.a.name == "x", "only x" end}
    fx.apply("silu"))lua");
  EXPECT_EQ(session.lastOutcomes()[0].taken.size(), 1u);
  EXPECT_EQ(session.lastOutcomes()[0].taken[0].removed, (std::vector<std::string>{"m", "s"}));
  ASSERT_EQ(session.lastOutcomes()[0].refused.size(), 1u);
  EXPECT_EQ(session.lastOutcomes()[0].refused[0].because, "only x");
  EXPECT_EQ(value("fx.graph().silu"), "silu: \"f32[4]\" = torch.ops.aten.silu.default(x)");
  // alpha = 1 is the default: the pattern need not say it.
  value("fx.rewrite{name = 'plus', pattern = 'aten.add.Tensor(%a, %b)', replace = 'aten.sub.Tensor(%a, %b, alpha = -1)'} fx.apply('plus')");
  EXPECT_EQ(value("fx.graph().sub"), "sub: \"f32[4]\" = torch.ops.aten.sub.Tensor(silu, n, alpha = -1)");
}

TEST_F(Rewriting, PatternIsRefusedWhenAWriteComesBetween) {
  open(R"(    s: "f32[4]" = torch.ops.aten.sigmoid.default(x)
    add_: "f32[4]" = torch.ops.aten.add_.Tensor(x, 1)
    m: "f32[4]" = torch.ops.aten.mul.Tensor(x, s)
    return (m,)
)");
  value("fx.rewrite{name = 'silu', pattern = 'aten.mul.Tensor(%a, aten.sigmoid.default(%a))', replace = 'aten.silu.default(%a)'} fx.apply('silu')");
  ASSERT_EQ(session.lastOutcomes()[0].refused.size(), 1u);
  EXPECT_EQ(session.lastOutcomes()[0].refused[0].rule, "old-value-read-later");
  EXPECT_EQ(session.lastOutcomes()[0].refused[0].blockers, (std::vector<std::string>{"add_"}));
  EXPECT_TRUE(session.lastOutcomes()[0].taken.empty());
}

TEST_F(Rewriting, RefusalsOfScripts) {
  value(R"lua(fx.rewrite{name = "never", match = function(g, n)
      if n.name == "mul" then return nil, fx.refuse("too-hot", "it is " .. n.name, {n, "sum_1"}, {text = "cool it", rewrite = "cool", bytes = "8*s0"}) end
      if n.name == "sum_1" then return nil, "just no" end
    end, apply = function() end}
    fx.bind{s0 = 2}
    local r = fx.apply("never")
    assert(#r.refused == 2 and r.refused[1].rule == "too-hot"))lua");
  const auto& refused = session.lastOutcomes()[0].refused;
  EXPECT_EQ(refused[0].blockers, (std::vector<std::string>{"mul", "sum_1"}));
  EXPECT_EQ(refused[0].repair->text, "cool it");
  EXPECT_EQ(refused[0].repair->bytes, 16);
  EXPECT_EQ(refused[1].because, "just no");
}

TEST_F(Rewriting, BytesAreNumbersOnceSymbolsAreBound) {
  value("fx.bind{s0 = 2, s1 = 4} fx.apply('reinplace')");
  ASSERT_TRUE(session.lastOutcomes()[0].taken[0].bytesSaved);
  EXPECT_GT(*session.lastOutcomes()[0].taken[0].bytesSaved, 128);
}

TEST_F(Rewriting, ReplaceByACapture) {
  open(R"(    a: "f32[4]" = torch.ops.aten.mul.Tensor(x, 1)
    b: "f32[4]" = torch.ops.aten.add.Tensor(a, y)
    return (b,)
)");
  value("fx.rewrite{name = 'one', pattern = 'aten.mul.Tensor(%a, 1)', replace = '%a'} fx.apply('one')");
  EXPECT_EQ(value("fx.graph().b.args[1].name"), "x");
  EXPECT_EQ(value("fx.graph().a == nil"), "true");
}

TEST_F(Rewriting, SeveralRewritesAreOneRevision) {
  value("fx.apply{'reinplace'} fx.rewrite{name = 'three', pattern = 'aten.mul.Tensor(%a, 2)', replace = 'aten.mul.Tensor(%a, 3)'} fx.apply('three')");
  EXPECT_EQ(session.journal().revisions().size(), 2u);
  EXPECT_EQ(session.journal().current().label, "reinplace, three");
  EXPECT_EQ(session.lastOutcomes().size(), 2u);
}

}  // namespace
}  // namespace rewrites::lua::test
