// The only file that knows CLI11's side of every command, and the one place where main's exceptions become exit codes.
#include "app/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iterator>

#include "app/commands/commands.h"
#include "app/commands/common.h"
#include "app/interrupt.h"
#include "app/program_folder.h"
#include "app/window.h"
#include "graph/files/safetensors.h"
#include "rewrites/session.h"

namespace app {
namespace {

const char* kRewriteFooter =
    R"(OUT is written only when the results are the same, to the bit, with what is given and in further rounds: equal indices, NaN and infinities,
extreme numbers, masks, every symbol at 1 and at 0 where that is legal, large sizes. Otherwise the exit status is 1, and the first script or
rewrite that differs is named, with the first node. A script is looked for here, then among the shipped ones.
  fxloom rewrite dump.txt reinplace.lua -o out.py --inputs inputs.safetensors --require-taken 44 --report report.json)";
const char* kBenchFooter =
    R"(Both versions are verified first. Inputs that a version changes are restored before each run, outside the timed window.
  fxloom bench dump.txt reinplace.lua --sweep s0=1,8,64 --sweep s1=1024,4096
  fxloom bench dump.txt --bind s0=8                          one version alone)";
const char* kFooter = R"(Examples
  fxloom dump.txt                                            look at it
  fxloom info dump.txt                                       what it copies
  fxloom rewrite dump.txt reinplace.lua -o out.py            take the copies out, verify, export Python
  fxloom bench dump.txt reinplace.lua --sweep s0=1,8,64      what that is worth, by size
  fxloom explain dump.txt slice_scatter_1                    may this write happen in place?
Inputs that are not given are made; `fxloom COMMAND --help` says how to give them.
Exit status: 0 yes or done, 1 the answer is no, 2 wrong usage, 3 something given cannot be read, run or written, 130 stopped.)";

// What was typed: one member for each command, filled by CLI11.
struct Typed {
  WindowOptions window;
  commands::InfoOptions info;
  commands::RunOptions run;
  commands::RewriteOptions rewrite;
  commands::BenchOptions bench;
  commands::CompareOptions compare;
  commands::DiffOptions diff;
  commands::ExplainOptions explain;
  commands::RenderOptions render;
  commands::ReplOptions repl;
  commands::LuaOptions lua;
};

using Action = std::function<int()>;

void complain(const std::string& message) {
  std::fflush(stdout);
  bool finished = message.find("error: ") != std::string::npos;  // it has its place: "file:3:1: error: …"
  fmt::print(stderr, "{}{}\n", finished ? "" : "error: ", message);
}

// The exit code for the exception in flight, its message into `message`.
Exit explainException(std::string& message) {
  try {
    throw;
  } catch (const Failure& failure) {
    message = failure.what();
    return failure.code();
  } catch (const graph::run::Stopped&) {
    message = "stopped";
    return Exit::stopped;
  } catch (const std::bad_alloc&) {
    message = "error: out of memory";
  } catch (const std::exception& error) {
    message = error.what();
  }
  if (!interrupted()) return Exit::unusable;
  message = "stopped";
  return Exit::stopped;
}

// Runs a command: its report is written for every answer and for what is unusable, never after wrong usage or Ctrl-C.
int execute(const std::string& name, const std::string& file, const CommonOptions& common, const std::function<Exit(Report&)>& command) {
  catchInterrupts();
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 16);  // a long run shows its lines as they come, in a pipe too
  Report report;
  report.command = name;
  report.file = file;
  std::string message;
  Exit code = Exit::yes;
  bool writes = !common.report.empty();
  try {
    if (writes) {
      writes = false;  // where nothing can be written, saying so once is enough
      commands::requireWritable(common.report);
      writes = true;
    }
    code = command(report);
    if (interrupted()) throw graph::run::Stopped();
  } catch (...) {
    code = explainException(message);
  }
  if (code == Exit::stopped)
    fmt::print(stderr, "stopped\n");
  else if (!message.empty())
    complain(message);
  if (!writes || code == Exit::usage || code == Exit::stopped) return static_cast<int>(code);
  if (!message.empty() && !graph::text::hasErrors(report.diagnostics)) report.note(graph::text::Severity::error, message);
  try {
    graph::files::writeFileAtomically(common.report, report.json());
  } catch (const std::exception& error) {
    complain(error.what());
    return static_cast<int>(Exit::unusable);
  }
  return static_cast<int>(code);
}

CLI::App* command(CLI::App& app, const char* name, const char* description, const char* group) {
  auto* made = app.add_subcommand(name, description);
  made->group(group);
  return made;
}

// Makes `run` the action when this command was typed. `file` is what the report names.
template <class Options>
void onCommand(CLI::App* typedCommand, Action& action, const Options& options, const std::string& file,
               Exit (*run)(const Options&, Report&)) {
  typedCommand->callback([typedCommand, &action, &options, &file, run] {
    action = [=, &options, &file] {
      return execute(typedCommand->get_name(), file, options.common, [&](Report& report) { return run(options, report); });
    };
  });
}

void addReading(CLI::App& app, Typed& typed, Action& action) {
  auto* info = command(app, "info", "What is in a file: graphs, operators, inputs, what it changes and copies, problems", "Look");
  info->add_option("FILE", typed.info.file, "A dump, a structured trace, or a folder of dumps")->type_name("")->required();
  info->add_flag("--json", typed.info.json, "As JSON on standard output");
  info->add_option("--bind", typed.info.bind, "Symbols by name, to count copied bytes")->type_name("s0=8,s1=2048")->allow_extra_args(false);
  addCommon(*info, typed.info.common);
  onCommand(info, action, typed.info, typed.info.file, commands::info);

  auto* explain = command(app, "explain", "May this write happen in place, and if not, why?", "Look");
  explain->add_option("FILE", typed.explain.file, "A dump")->type_name("")->required();
  explain->add_option("NODE", typed.explain.node, "A functional update: slice_scatter_1, index_put, ...")->type_name("")->required();
  explain->add_option("SCRIPT", typed.explain.scripts, "Lua run first: fx.operator(...) declares custom operators")->type_name("");
  addCommon(*explain, typed.explain.common);
  onCommand(explain, action, typed.explain, typed.explain.file, commands::explain);

  auto* diff = command(app, "diff", "What changed in the structure (exit 1 when something did)", "Look");
  diff->add_option("A", typed.diff.before, "A dump")->type_name("")->required();
  diff->add_option("B", typed.diff.after, "Another")->type_name("")->required();
  addCommon(*diff, typed.diff.common);
  onCommand(diff, action, typed.diff, typed.diff.before, commands::diff);

  auto* render = command(app, "render", "Draw a graph, a layer or a neighbourhood", "Look");
  render->add_option("FILE", typed.render.file, "A dump")->type_name("")->required();
  render->add_option("-o", typed.render.out, "The picture")->type_name("X.svg|png|dot")->required();
  render->add_option("--around", typed.render.around, "Only the neighbourhood of this node")->type_name("NODE");
  render->add_option("--depth", typed.render.depth, "How far that goes")->type_name("N")->needs(render->get_option("--around"));
  render->add_option("--view", typed.render.view, "folded, layer [N], whole, or a node")
      ->type_name("V")
      ->excludes(render->get_option("--around"));
  addCommon(*render, typed.render.common);
  onCommand(render, action, typed.render, typed.render.file, commands::render);
}

void addRunning(CLI::App& app, Typed& typed, Action& action) {
  auto* run = command(app, "run", "Execute a graph as printed", "Run");
  run->add_option("FILE", typed.run.file, "A dump")->type_name("")->required();
  run->add_option("--expect", typed.run.expect, "Compare with these results")->type_name("E.safetensors");
  run->add_flag("--exact", typed.run.exact, "Compare bits, not within tolerance")->needs(run->get_option("--expect"));
  run->add_option("--save", typed.run.save, "Keep the results")->type_name("O.safetensors");
  run->add_flag("--profile", typed.run.profile, "Time and bytes of every node, slowest first");
  run->add_option("--top", typed.run.top, "Rows of the profile, 0 for all")->type_name("N");
  addInputs(*run, typed.run.input);
  addCommon(*run, typed.run.common);
  onCommand(run, action, typed.run, typed.run.file, commands::run);

  auto* bench = command(app, "bench", "Time a graph, before and after the scripts, interleaved", "Run");
  bench->add_option("FILE", typed.bench.file, "A dump")->type_name("")->required();
  bench->add_option("SCRIPT", typed.bench.scripts, "Lua rewrites, in order")->type_name("");
  bench->add_option("--sweep", typed.bench.sweeps, "Values of a symbol to try; several make every combination")
      ->type_name("s0=1,2,4,8")
      ->allow_extra_args(false);
  bench->add_option("--engine", typed.bench.engine, "What runs the graph")->type_name("aten|cudagraph|inductor");
  bench->add_option("--seconds", typed.bench.timing.seconds, "Time spent on each pair")->type_name("S")->check(CLI::Range(0.0, 86400.0));
  bench->add_option("--min-runs", typed.bench.timing.minRuns, "At least this many runs of each")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000));
  bench->add_option("--max-runs", typed.bench.timing.maxRuns, "At most this many runs of each")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000));
  addInputs(*bench, typed.bench.input);
  addCommon(*bench, typed.bench.common);
  bench->footer(kBenchFooter);
  onCommand(bench, action, typed.bench, typed.bench.file, commands::bench);

  auto* compare = command(app, "compare", "The same inputs through two graphs: values, changed inputs, aliasing", "Run");
  compare->add_option("A", typed.compare.before, "A dump")->type_name("")->required();
  compare->add_option("B", typed.compare.after, "Another")->type_name("")->required();
  addInputs(*compare, typed.compare.input);
  compare->add_option("--fill", typed.compare.fill, "One run, with these numbers in the inputs: " + graph::run::fillNames())->type_name("FILL");
  addCommon(*compare, typed.compare.common);
  onCommand(compare, action, typed.compare, typed.compare.before, commands::compare);
}

void addChanging(CLI::App& app, Typed& typed, Action& action) {
  auto* rewrite = command(app, "rewrite", "Apply Lua rewrites, verify by running both, export", "Change");
  rewrite->add_option("FILE", typed.rewrite.file, "A dump")->type_name("")->required();
  rewrite->add_option("SCRIPT", typed.rewrite.scripts, "Lua rewrites, in order")->type_name("")->required();
  rewrite->add_option("-o", typed.rewrite.out, "What to write; the extension decides: .py or .txt")->type_name("OUT")->required();
  rewrite->add_flag("!--no-verify", typed.rewrite.verify, "Export without running anything");
  rewrite->add_option("--require-taken", typed.rewrite.requireTaken, "Fail when fewer are taken")->type_name("N");
  addInputs(*rewrite, typed.rewrite.input);
  addCommon(*rewrite, typed.rewrite.common);
  rewrite->footer(kRewriteFooter);
  onCommand(rewrite, action, typed.rewrite, typed.rewrite.file, commands::rewrite);

  auto* lua = command(app, "lua", "Run a script headless; what follows SCRIPT are its arguments", "Change");
  lua->add_option("SCRIPT", typed.lua.script, "A Lua script")->type_name("")->required();
  lua->add_flag("--trust", typed.lua.trust, "Without the sandbox: the script may use os, io, package");
  addCommon(*lua, typed.lua.common);
  lua->allow_extras();
  onCommand(lua, action, typed.lua, typed.lua.script, commands::lua);
  lua->parse_complete_callback([&, lua] { typed.lua.arguments = lua->remaining(); });

  auto* repl = command(app, "repl", "The Lua prompt in a terminal: history, completion", "Change");
  repl->add_option("FILE", typed.repl.file, "A dump")->type_name("");
  repl->add_flag("--trust", typed.repl.trust, "Without the sandbox");
  addInputs(*repl, typed.repl.input);
  addCommon(*repl, typed.repl.common);
  onCommand(repl, action, typed.repl, typed.repl.file, commands::repl);

  auto* extract = command(app, "extract", "A self-contained reproducer (not in this version)", "Change");
  extract->allow_extras();
  extract->callback([&] {
    action = [] {
      complain("extract is not in this version");
      return static_cast<int>(Exit::usage);
    };
  });
}

void addWindow(CLI::App& app, Typed& typed) {
  app.add_option("FILE", typed.window.file, "A dump to open in the window")->type_name("")->group("Window");
  app.add_option("--view", typed.window.view, "What to show first: folded, layer [N], whole, or a node")->type_name("V")->group("Window");
  app.add_option("--lua", typed.window.lua, "Run a script after opening")->type_name("S.lua")->group("Window");
  app.add_option("--screenshot", typed.window.screenshot, "Save a picture when everything is drawn, and leave")
      ->type_name("X.png")
      ->group("Window");
  app.add_option("--graph", typed.window.graph, "Which graph of the file: its number from 0, or its name")
      ->type_name("N|NAME")
      ->group("Window");
  app.add_option("--device", typed.window.device, "Where to run")->type_name("cpu|cuda[:n]")->group("Window");
}

int openWindow(WindowOptions& options) {
#ifdef FXLOOM_HAS_WINDOW
  try {
    if (std::error_code error; !options.file.empty() && !std::filesystem::exists(options.file, error)) {
      complain(options.file + ": error: no such file");   // before a display is looked for, which may be missing too
      return static_cast<int>(Exit::unusable);
    }
    options.scriptFolders = scriptFolders();
    if (!options.lua.empty()) options.lua = findScript(options.lua);
    return runWindow(options);
  } catch (...) {
    std::string message;
    auto code = explainException(message);
    complain(message);
    return static_cast<int>(code);
  }
#else
  (void)options;
  complain("error: this build has no window (FXLOOM_WINDOW is OFF)");
  return static_cast<int>(Exit::unusable);
#endif
}

}  // namespace

int commandLine(int argc, char** argv) {
  Typed typed;
  Action action;
  CLI::App app{"fxloom: open the graph that PyTorch printed, see what it copies, rewrite it, prove it equal, measure it.", "fxloom"};
  app.set_version_flag("--version", std::string("fxloom ") + FXLOOM_VERSION);
  app.get_formatter()->column_width(34);
  app.require_subcommand(0, 1);
  addWindow(app, typed);
  addReading(app, typed, action);
  addRunning(app, typed, action);
  addChanging(app, typed, action);
  app.footer(kFooter);  // last: a subcommand would inherit it
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    complain(error.what() + std::string("\n`fxloom --help` and `fxloom COMMAND --help` say what can be typed"));
    return static_cast<int>(Exit::usage);
  }
  if (!action) return openWindow(typed.window);
  return action();
}

}  // namespace app
