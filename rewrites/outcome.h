// What a rewrite did and left, in names that outlive the revision: the report, the window and Lua show this.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace rewrites {

struct Taken {
  std::string rewrite;                 // "reinplace"
  std::string node;                    // "slice_scatter_1"
  std::string writes;                  // "arg206_1"; empty for rewrites that write nothing
  int updates = 1;
  std::vector<std::string> removed;    // names of nodes that went
  std::optional<int64_t> bytesSaved;   // null while a symbol is unbound
  std::string bytesSavedText;          // the expression: "8192*s1*s0"
  std::vector<std::string> guards;
};

struct Refused {
  std::string rewrite, node, rule, because;
  std::vector<std::string> blockers;
  struct Repair {
    std::string text, rewrite;
    std::optional<int64_t> bytes;      // null while a symbol is unbound
    std::string bytesText;             // the expression
  };
  std::optional<Repair> repair;
};

struct Outcome {
  std::string script;                  // path or "" for a prompt line
  std::string rewrite;
  std::vector<Taken> taken;
  std::vector<Refused> refused;
};

}  // namespace rewrites
