// Every case that operator_cases.py made: the graph runs, gives what Python's torch gave, and propagates without problems.
#include <filesystem>

#include "graph/run/equivalence.h"
#include "graph/run/workspace.h"
#include "tests/torch/module.h"

namespace graph::torch_test {
namespace {

std::vector<std::string> caseNames() {
  std::vector<std::string> names;
  std::error_code none;
  for (auto& entry : std::filesystem::directory_iterator(FXLOOM_CASES, none))
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

TEST(OperatorCases, giveWhatPythonGives) {
  auto names = caseNames();
  ASSERT_GT(names.size(), 50u) << "run operator_cases.py " FXLOOM_CASES " first";
  for (auto& name : names) {
    SCOPED_TRACE(name);
    auto path = std::string(FXLOOM_CASES) + "/" + name;
    auto parsed = text::parseFile(path + ".txt");
    ASSERT_EQ(parsed.graphs.size(), 1u);
    auto& graph = *parsed.graphs[0];
    try {
      run::InputRequest request;
      request.tensorsFile = path + ".inputs.safetensors";
      auto inputs = run::makeInputs(backend(), graph, request);
      auto final = run::cloneInputs(backend(), inputs);
      auto program = backend().compile(graph, {});
      auto outputs = program->run(final.values, final.attributes);
      auto comparison =
          run::compareWithFile(backend(), graph, outputs, inputs, final, files::Safetensors::open(path + ".expected.safetensors"), false);
      EXPECT_EQ(comparison.status, run::Equivalence::Status::same) << comparison.reason;
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

// The unannotated bodies of the cases propagate: by Meta kernels, or by a trial on the host. Only what depends on data may not.
TEST(OperatorCases, propagate) {
  for (auto& name : caseNames()) {
    if (name == "item") continue;
    SCOPED_TRACE(name);
    auto parsed = text::parseFile(std::string(FXLOOM_CASES) + "/" + name + ".txt");
    for (auto& problem : backend().propagate(*parsed.graphs.at(0), {}).problems) ADD_FAILURE() << problem.message;
  }
}

}  // namespace
}  // namespace graph::torch_test
