// Every rule and every sentence of the definition is what stands between some graph and a wrong decision: with all checks on the graph is
// refused, with that one off it is taken. `before` and `after` say what is decided, and what the exported graph checks.
#include "tests/rewrites/switches.h"

#include <set>

namespace rewrites::test {
namespace {

std::string decided(const graph::ir::Graph& g, const Checks& checks) {
  std::string out = decisions(g, checks);
  const InPlace p(g, checks);
  std::set<std::string> guards;
  for (const auto& c : p.chains())
    for (const auto& guard : c.guards) guards.insert(guard.str());
  for (const auto& guard : guards)
    if (guard.starts_with("disjoint")) out += guard + "\n";
  return out;
}

TEST(Switches, EachStandsBetweenAGraphAndAWrongDecision) {
  for (const Switch& s : switches()) {
    SCOPED_TRACE("check " + std::to_string(static_cast<int>(s.off)) + "\n" + s.body);
    const auto g = parse(s.signature, s.body);
    EXPECT_EQ(decided(*g, {}), s.before);
    EXPECT_EQ(decided(*g, Checks::without({s.off})), s.after);
  }
}

TEST(Switches, AllHaveAGraph) {
  std::set<Check> seen;
  for (const Switch& s : switches()) {
    seen.insert(s.off);
    EXPECT_NE(s.before, s.after);
    EXPECT_NE(s.after.find(s.off == Check::inputGuards ? "" : "take"), std::string::npos);
  }
  for (size_t i = 0; i < kCheckCount; ++i) EXPECT_TRUE(seen.count(static_cast<Check>(i))) << "no graph for check " << i;
}

TEST(Switches, ARuleOffIsNamedByNoRefusal) {
  for (const Switch& s : switches()) {
    if (static_cast<size_t>(s.off) > static_cast<size_t>(Rule::notProfitable)) continue;
    const auto g = parse(s.signature, s.body);
    const Rule rule = static_cast<Rule>(s.off);
    const InPlace on(*g), off(*g, Checks::without({s.off}));
    const auto named = [&](const InPlace& p) {
      return std::any_of(p.refusals().begin(), p.refusals().end(), [&](const Refusal& r) { return r.rule == rule; });
    };
    EXPECT_TRUE(named(on)) << ruleName(rule);
    EXPECT_FALSE(named(off)) << ruleName(rule);
  }
}

}  // namespace
}  // namespace rewrites::test
