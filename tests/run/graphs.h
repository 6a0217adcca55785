// Small graphs built by hand for the tests of graph/run.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "graph/ir/graph.h"

namespace graph::run_test {

/// Builds a graph node by node: placeholders, calls, output.
class Builder {
 public:
  ir::NodeId tensor(const std::string& name, std::vector<ir::Expr> shape, ir::DType dtype = ir::DType::f32) {
    ir::Node node;
    node.op = ir::Op::placeholder;
    node.name = node.target = name;
    node.meta = ir::TensorMeta{dtype, std::move(shape), std::nullopt, std::nullopt, ""};
    return graph.append(node);
  }
  ir::NodeId number(const std::string& name, const ir::Expr& value) {
    ir::Node node;
    node.op = ir::Op::placeholder;
    node.name = node.target = name;
    node.meta = ir::SymMeta{value};
    return graph.append(node);
  }
  ir::NodeId attribute(const std::string& name, std::vector<ir::Expr> shape) {
    ir::Node node;
    node.op = ir::Op::get_attr;
    node.name = node.target = name;
    node.meta = ir::TensorMeta{ir::DType::f32, std::move(shape), std::nullopt, std::nullopt, ""};
    return graph.append(node);
  }
  ir::NodeId call(const std::string& name, const std::string& target, std::vector<ir::Argument> args, ir::Meta meta = {}) {
    ir::Node node;
    node.name = name;
    node.target = target;
    node.args = std::move(args);
    node.meta = std::move(meta);
    return graph.append(node);
  }
  ir::Graph output(std::vector<ir::Argument> values) {
    ir::Node node;
    node.op = ir::Op::output;
    node.name = node.target = "output";
    node.args = {ir::Tuple{std::move(values)}};
    graph.append(node);
    return graph;
  }
  static ir::Meta f32(std::vector<ir::Expr> shape) {
    return ir::TensorMeta{ir::DType::f32, std::move(shape), std::nullopt, std::nullopt, ""};
  }
  ir::Graph graph;
};

inline ir::Expr s(const std::string& name) { return ir::Expr::symbol(name); }

/// The message of the exception of type E that `work` throws.
template <class E, class Work>
std::string messageOf(Work work) {
  try {
    work();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing thrown";
}
#define EXPECT_HAS(text, part) EXPECT_NE(std::string(text).find(part), std::string::npos) << "in: " << (text)

}  // namespace graph::run_test
