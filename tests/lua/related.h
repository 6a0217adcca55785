// Small programs through the rewrites beside reinplacing: their statements afterwards, and what was refused.
#pragma once

#include <regex>

#include "tests/lua/harness.h"

namespace rewrites::lua::test {

class Related : public EngineTest {
 protected:
  /// What the scripts make of a program: its statements without annotations, then a line for each refusal.
  std::string after(const std::string& scripts, const std::string& signature, const std::string& body, const std::string& returns) {
    std::string dump = "class <lambda>(torch.nn.Module):\n    def forward(self, " + signature + "):\n";
    std::istringstream in(body);
    for (std::string line; std::getline(in, line);)
      if (const auto at = line.find_first_not_of(' '); at != std::string::npos) dump += "        " + line.substr(at) + "\n";
    session.openText(dump + "        return " + returns + "\n", "small.txt");
    const auto result = engine.run("fx.apply{" + scripts + "}");
    EXPECT_TRUE(result.ok) << result.error << "\n" << dump;
    return statements() + refusals();
  }

  std::string statements() {
    std::istringstream in(text());
    std::string out;
    const std::regex annotation(": \"[^\"]*\""), freed(";  .*= None"), space("torch\\.ops\\.");
    for (std::string line; std::getline(in, line);) {
      if (line.find(" = ") == std::string::npos && line.find("return") == std::string::npos && line.find("# guard") == std::string::npos) continue;
      line = std::regex_replace(std::regex_replace(std::regex_replace(line, freed, ""), annotation, ""), space, "");
      out += line.substr(line.find_first_not_of(' ')) + "\n";
    }
    return out;
  }

  std::string refusals() {
    std::string out;
    for (const auto& outcome : session.lastOutcomes())
      for (const auto& refused : outcome.refused) {
        out += refused.node + ": " + refused.rule + ": " + refused.because + " [";
        for (const auto& blocker : refused.blockers) out += (out.back() == '[' ? "" : " ") + blocker;
        out += "]\n";
      }
    return out;
  }
};

inline const char* const kX = R"_(x: "f32[4, 6][6, 1]cpu", y: "f32[4, 6][6, 1]cpu")_";

}  // namespace rewrites::lua::test
