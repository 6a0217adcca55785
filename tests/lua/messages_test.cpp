// One case for each message of the bindings. Every chunk here fails and leaves the graph as it was.
#include "tests/lua/harness.h"

namespace rewrites::lua::test {
namespace {

class Messages : public EngineTest {};

struct Case {
  const char* chunk;      // `g` is the graph
  const char* message;
};

TEST_F(Messages, OfBindings) {
  const Case cases[] = {
      // graphs and nodes
      {"g:node('slice_9')", "no node is called 'slice_9'"},
      {"g:node()", "expected a node or its name, got nothing"},
      {"g:nodes{opp = 'x'}", "g:nodes has no filter 'opp': it takes op, target and name"},
      {"g.x = 1", "nodes cannot be assigned to 'x': use g:insert_before, g:insert_after and g:erase"},
      {"print(g.mul.colour)", "a node has no field 'colour': it has args, id, inputs"},
      {"g.mul.target = 'aten.add.Tensor'", "a node's 'target' cannot be assigned: use n:set_target(t)"},
      {"g.mul.args = {}", "a node's 'args' cannot be assigned: use n:set_arg(name, value)"},
      {"g.mul.name = 'x'", "a node's 'name' cannot be assigned"},
      {"g.mul:arg('dimm')", "mul (aten.mul.Tensor) has no argument 'dimm': it has self, other"},
      {"g.mul:set_arg('dimm', 1)", "mul (aten.mul.Tensor) has no argument 'dimm': it has self, other"},
      {"g.mul:set_arg(7, 1)", "mul has 2 positional arguments, not 7"},
      {"g.mul:set_arg('other', print)", "a function cannot be an argument of a node"},
      {"g.mul:set_arg('other', {a = 1})", "a table with the key 'a' is no list of arguments"},
      {"g.mul:set_arg('other', {1, nil, 3})", "a list of arguments has holes: write fx.none for None"},
      {"local t = {} t[1] = t g.mul:set_arg('other', t)", "arguments nest too deep"},
      {"g.mul:set_target('aten.ad.Tensor')", "unknown operator 'aten.ad.Tensor', did you mean 'aten.a"},
      {"g.mul:replace_all_uses_with(g.mul)", "node 'mul' cannot replace itself"},
      {"g:insert_before(g.mul, 'aten.no_such_thing.default', {})", "unknown operator 'aten.no_such_thing.default'"},
      {"g:insert_before(g.mul, 'aten.relu.default', 1)", "the arguments of 'aten.relu.default' are not a list"},
      {"g:insert_before(g.mul, 'aten.relu.default', {g.mul}, {1})", "keyword arguments have names: {dim = 0}"},
      {"g:insert_before(g.mul, 'aten.relu.default', {g.mul}, nil, {name = 'mul'})", "a node is called 'mul' already"},
      {"g:insert_before(g.mul, 'x', {}, nil, {op = 'call'})", "'call' is no kind of node that can be inserted"},
      {"g:insert_before(g.mul, 'aten.relu.default', {})  ", "relu"},   // lint: an argument is missing
      {"g:erase(g.mul)", "sum_1"},
      {"g.mul:set_meta('f99[2]')", "'f99[2]' is no annotation"},
      {"g.mul:set_meta(1)", "fx.Node expected, got number"},
      {"g:insert_before(g.mul, 'aten.relu.default', {g.mul}, nil, {meta = 'hello'})", "'hello' is no annotation"},
      {"g:add_guard('nonsense')", "'nonsense' is no guard: write disjoint(a, b), no_self_overlap(a), strides(a, [4, 1]) or a condition such as s0 >= 2"},
      {"g:add_guard('strides(cache, [1])')", "the guard 'strides(cache, [1])' gives 1 strides: 'cache' has 2 dimensions"},
      {"g:add_guard('strides(mul, [8, 1])')", "names 'mul', which is no input"},
      {"g:add_guard('disjoint(cache, what)')", "the guard 'disjoint(cache, what)' names 'what', which is no node"},
      {"g:add_guard('disjoint(cache, mul)')", "names 'mul', which is no input"},
      {"g:output():set_arg(1, {}) local s = g.sum_1 g:erase(s) print(s.name)", "node 'sum_1' was erased"},
      {"g:output():set_arg(1, {}) local s = g.sum_1 g:erase(s) g:insert_before(s, 'aten.relu.default', {g.mul})", "node 'sum_1' was erased"},
      {"fx.graph(0):erase(g.mul)", "this is an old revision: only the current graph can be changed"},
      {"fx.graph(0).mul:set_arg('other', 1)", "node 'mul' is of an old revision: only the current graph can be changed"},
      {"g.mul:set_arg('other', fx.graph(0).mul)", "node 'mul' is of an old revision"},
      {"g:storage(fx.graph(0).mul)", "node 'mul' is of another revision"},
      {"return g.mul < fx.graph(0).mul", "nodes of different revisions have no order"},
      {"fx.graph(5)", "there is no revision 5: the revisions are 0 to 0"},
      // values
      {"fx.dtype('f33')", "'f33' is no dtype: write f32, bf16, i64 or torch.float32"},
      {"fx.device('gpu!')", "'gpu!' is no device: write cpu or cuda:0"},
      {"fx.tuple(1)", "fx.tuple takes a table"},
      {"fx.value('(1,')", "error:"},
      // analysis
      {"g:can_write_in_place('slice_scatter', 'src')", "a result takes over its first operand ('self'), not 'src'"},
      // session
      {"fx.open('bad_missing.txt')", "bad_missing.txt"},
      {"fx.use('nobody')", "no graph is called 'nobody'"},
      {"fx.export('out.xyz')", "out.xyz: unknown kind of file; an export ends in .py or .txt"},
      {"fx.export('/nonexistent/folder/out.py')", "/nonexistent/folder/out.py"},
      {"fx.journal('x.txt')", "fx.journal: 'x.txt' does not end in .lua"},
      {"fx.bind{s9 = 1}", "fx.bind: the graph has no symbol 's9': it has s0, s1"},
      {"fx.bind{s0 = 1.5}", "fx.bind: s0 takes an integer that is not negative, or false to unbind it"},
      {"fx.bind{s0 = -1}", "fx.bind: s0 takes an integer that is not negative"},
      {"fx.inputs{sed = 1}", "fx.inputs has no field 'sed': it takes file, seed and device"},
      {"fx.inputs{device = '?'}", "fx.inputs: '?' is no device: write cpu or cuda:0"},
      {"fx.select('nobody')", "no node is called 'nobody'"},
      {"fx.load('no_such_script')", "no script 'no_such_script' in"},
      {"fx.run()", "no backend in this test"},
      // operators
      {"fx.operator()", "expected an operator's schema such as \"mylib::rope_(Tensor(a!) x, Tensor cos) -> Tensor(a!)\", got nothing"},
      {"fx.operator('messages::f(Tensor x, Tensro y) -> ()')", "operator schema has an unknown type 'Tensro', did you mean 'Tensor'? (column 23)\n  messages::f(Tensor x, Tensro y) -> ()\n                        ^"},
      {"fx.operator('aten::relu(Tensor(a!) self) -> ()')", "torch has the operator aten.relu.default, with another schema:\n  aten::relu(Tensor self) -> Tensor"},
      {"fx.operator('messages::f(Tensor x) -> ()', {point = true})", "fx.operator has no option 'point': it takes pointwise"},
      {"fx.operator('messages::f(Tensor x) -> ()', {pointwise = 1})", "fx.operator: pointwise is true or false"},
      {"g:insert_before(g.mul, 'messages.f.default', {g.mul.args[1], 1}) fx.operator('messages::f(Tensor x) -> ()')",
       "fx.operator: the open graph does not call messages.f.default like that: "},
      {"fx.rewrite{name = 'declares', match = function() fx.operator('messages::f(Tensor x) -> ()') end, apply = function() end} fx.apply('declares')",
       "fx.operator: declare operators before a rewrite is applied, not in its match or apply"},
      {"fx.schema()", "expected an operator or a node, got nothing"},
      // rewrites
      {"fx.rewrite{}", "fx.rewrite: the rewrite has no name"},
      {"fx.rewrite{name = 'x'}", "fx.rewrite 'x' needs either match and apply, or pattern and replace"},
      {"fx.rewrite{name = 'x', matches = 1}", "fx.rewrite has no field 'matches'"},
      {"fx.rewrite{name = 'x', match = 1, apply = 2}", "fx.rewrite: 'match' is no function"},
      {"fx.rewrite{name = 'x', pattern = 'aten.mull.Tensor(%x)', replace = '%x'}", "pattern:1:1: error: unknown operator 'aten.mull.Tensor'"},
      {"fx.apply('nobody')", "no rewrite is called 'nobody': there are "},
      {"fx.apply()", "expected the name of a rewrite, got nothing"},
      {"fx.rewrite{name = 'boom', match = function(g, n) error('no') end, apply = function() end} fx.apply('boom')", "rewrite 'boom', match at node 'cache': prompt:1: no"},
      {"fx.rewrite{name = 'bad', match = function(g, n) g.mul:set_arg('other', 9) end, apply = function() end} fx.apply('bad')", "match changed the graph at node 'cache'; only apply may"},
      {"fx.rewrite{name = 'bad2', match = function(g, n) return n.name == 'mul' end, apply = function(g, m) g:erase(m.node) end} fx.apply('bad2')", "rewrite 'bad2', apply at node 'mul': "},
      // Lua's own
      {"return 1 +", "prompt:1:"},
      {"error({})", "error with a value that is no text: {}"},
      {"nobody()", "attempt to call a nil value (global 'nobody')"},
  };
  value("g = fx.graph()");
  for (const auto& [chunk, message] : cases) {
    const std::string got = error(chunk);
    EXPECT_NE(got.find(message), std::string::npos) << chunk << "\n  got: " << got;
  }
}

TEST_F(Messages, BindOutsideOfAStatedRange) {
  session.openText("def forward(self, x: \"f32[s0]\"):\n    # symbol: s0 in VR[2, 8]\n    return (x,)\n", "range.txt");
  value("fx.bind{s0 = 8}");
  EXPECT_NE(error("fx.bind{s0 = 9}").find("fx.bind: s0 = 9 is outside of its range: the graph states s0 in VR[2, 8]"), std::string::npos);
  EXPECT_EQ(value("fx.bind()"), "{s0 = 8}");   // what was bound stays
}

TEST_F(Messages, AfterAnotherGraphIsOpened) {
  value("g = fx.graph() m = g.mul");
  session.openText("def forward(self, x: \"f32[2]\"):\n    return (x,)\n", "other.txt");
  engine.run(std::string("fx.open(\"") + sourcePath("tests/lua/kv.txt") + "\")");
  EXPECT_NE(error("return g:node('mul')").find("this graph is no longer the current one: take fx.graph() again"), std::string::npos);
  EXPECT_NE(error("return m.name").find("node 'm' belongs to a graph") == std::string::npos ? error("return m.name").find("node 'mul' belongs to a graph that is no longer the current one") : 0, std::string::npos);
}

TEST_F(Messages, NodeOfAnotherBranch) {
  value("g = fx.graph() new = g:insert_before(g:output(), 'aten.relu.default', {g.mul}, nil, {name = 'first'}) g:output():set_arg(1, {new})");
  value("fx.undo()");
  EXPECT_NE(error("return new.target").find("node 'first' was erased"), std::string::npos);
  value("other = g:insert_before(g:output(), 'aten.relu.default', {g.mul}, nil, {name = 'second'}) g:output():set_arg(1, {other})");
  EXPECT_NE(error("return new.target").find("node 'first' is not in this revision"), std::string::npos);
}

TEST_F(Messages, WithoutAGraph) {
  Session empty([]() -> graph::run::Backend& { throw std::runtime_error("no backend"); });
  Engine alone(empty, [](const std::string&) {}, {sourcePath("scripts")});
  EXPECT_TRUE(alone.run("return 1 + 1").ok);
  EXPECT_NE(alone.run("fx.graph()").error.find("no graph is open: fx.open(\"FILE\")"), std::string::npos);
  EXPECT_NE(alone.run("fx.apply('reinplace')").error.find("no graph is open"), std::string::npos);
  EXPECT_NE(alone.run("fx.undo()").error.find("no graph is open"), std::string::npos);
  EXPECT_EQ(alone.run("#fx.open('" + sourcePath("tests/lua/kv.txt") + "')").value, "12");
  EXPECT_EQ(alone.run("fx.graph().mul.op").value, "call_function");
}

TEST_F(Messages, ChainsOfAnEarlierGraph) {
  // A chain decided before an edit is not one that holds after it.
  const std::string message = error(R"(
    fx.rewrite{name = 'late', match = function(g, n) return n.name == 'slice_scatter' and {chain = kept} end,
      apply = function(g, m) g.mul:set_arg('other', 7) end}
    local g = fx.graph()
    kept = g:can_write_in_place('slice_scatter')
    g.mul:set_arg('other', 5)
    fx.apply('late'))");
  EXPECT_NE(message.find("this chain was decided for an earlier state of the graph"), std::string::npos) << message;
}

}  // namespace
}  // namespace rewrites::lua::test
