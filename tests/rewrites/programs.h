// Small programs in dump text, for tests of the safety analysis.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "graph/text/parser.h"
#include "rewrites/inplace.h"

namespace rewrites::test {

/// Parses `def forward` text; fails the test with the diagnostics when it has errors.
inline std::shared_ptr<const graph::ir::Graph> parse(const std::string& signature, const std::string& body) {
  std::string text = "class <lambda>(torch.nn.Module):\n    def forward(self, " + signature + "):\n";
  for (size_t at = 0; at < body.size();) {
    const size_t end = body.find('\n', at);
    text += "        " + body.substr(at, end - at) + "\n";
    if (end == std::string::npos) break;
    at = end + 1;
  }
  const auto file = graph::text::parse(text);
  for (const auto& d : file.diagnostics)
    if (d.severity == graph::text::Severity::error) ADD_FAILURE() << graph::text::format(d, "test", text);
  if (file.graphs.empty()) { ADD_FAILURE() << "no graph"; return std::make_shared<graph::ir::Graph>(); }
  return file.graphs[0];
}

/// What was decided, as one line an entry: "take u -> x (1 update, copies copy_)" or "refuse u: rule [blockers]".
inline std::string decisions(const graph::ir::Graph& g, const Checks& checks = {}) {
  const InPlace p(g, checks);
  std::string out;
  for (const auto& c : p.chains()) {
    out += "take " + g.node(c.head).name + " -> " + g.node(c.owner).name + ":";
    for (const auto& u : c.updates) out += " " + std::string(u.writes ? "write " : "drop ") + g.node(u.node).name;
    for (const auto copy : c.copies) out += " erase " + g.node(copy).name;
    out += "\n";
    EXPECT_FALSE(p.recheck({c.head}) && p.chains().size() == 1) << "a single chain must stand alone";
  }
  for (const auto& r : p.refusals()) {
    out += "refuse " + g.node(r.node).name + ": " + std::string(ruleName(r.rule)) + " [";
    for (size_t i = 0; i < r.blockers.size(); ++i) out += (i ? " " : "") + g.node(r.blockers[i]).name;
    out += "]\n";
    EXPECT_FALSE(r.because.empty());
  }
  return out;
}

inline std::string decisions(const std::string& signature, const std::string& body, const Checks& checks = {}) {
  return decisions(*parse(signature, body), checks);
}

}  // namespace rewrites::test
