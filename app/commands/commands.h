// The commands of the command line: their options, and one function each that returns the exit code.
//
// A command writes its answer to stdout, fills the report, and throws for everything that keeps it from answering
// (app/command_line.cpp turns that into a message and an exit code). All run on the main thread.
#pragma once

#include <string>
#include <vector>

#include "app/failure.h"
#include "app/options.h"
#include "app/report.h"

namespace app::commands {

struct InfoOptions {
  CommonOptions common;
  std::string file;
  std::vector<std::string> bind;
  bool json = false;
};
Exit info(const InfoOptions& options, Report& report);

struct RunOptions {
  CommonOptions common;
  InputOptions input;
  std::string file, expect, save;
  bool exact = false, profile = false;
  size_t top = 40;  // rows of the profile, 0 = all
};
Exit run(const RunOptions& options, Report& report);

struct RewriteOptions {
  CommonOptions common;
  InputOptions input;
  std::string file, out;
  std::vector<std::string> scripts;
  bool verify = true;
  size_t requireTaken = 0;
};
Exit rewrite(const RewriteOptions& options, Report& report);

struct BenchOptions {
  CommonOptions common;
  InputOptions input;
  std::string file, engine = "aten";
  std::vector<std::string> scripts, sweeps;
  graph::run::TimingRequest timing;
};
Exit bench(const BenchOptions& options, Report& report);

struct CompareOptions {
  CommonOptions common;
  InputOptions input;
  std::string before, after;
  std::string fill;  // empty: every round; else one round
};
Exit compare(const CompareOptions& options, Report& report);

struct DiffOptions {
  CommonOptions common;
  std::string before, after;
};
Exit diff(const DiffOptions& options, Report& report);

struct ExplainOptions {
  CommonOptions common;
  std::string file, node;
  std::vector<std::string> scripts;  // run first, for the operators that they declare
};
Exit explain(const ExplainOptions& options, Report& report);

struct RenderOptions {
  CommonOptions common;
  std::string file, out, around, view;
  int depth = 3;
};
Exit render(const RenderOptions& options, Report& report);

struct LuaOptions {
  CommonOptions common;
  std::string script;
  std::vector<std::string> arguments;
  bool trust = false;
};
Exit lua(const LuaOptions& options, Report& report);

struct ReplOptions {
  CommonOptions common;
  InputOptions input;
  std::string file;
  bool trust = false;
};
Exit repl(const ReplOptions& options, Report& report);

}  // namespace app::commands
