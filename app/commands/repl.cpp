// fxloom repl: the Lua prompt in a terminal, with history and completion by libedit; plain lines when stdin is no terminal.
#include <editline/readline.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>

#include "app/commands/commands.h"
#include "app/commands/common.h"
#include "app/interrupt.h"
#include "app/program_folder.h"
#include "rewrites/lua/engine.h"
#include "rewrites/session.h"

namespace app::commands {
namespace {

// libedit calls back without a context.
rewrites::lua::Engine* completing = nullptr;

char** complete(const char*, int, int end) {
  rl_attempted_completion_over = 1;
  auto found = completing->complete(std::string_view(rl_line_buffer, static_cast<size_t>(end)));
  if (found.empty()) return nullptr;
  // As readline wants it: the common prefix, the matches, null; each for the caller to free.
  std::string prefix = found.front();
  for (const auto& each : found) {
    size_t same = 0;
    while (same < prefix.size() && same < each.size() && prefix[same] == each[same]) ++same;
    prefix.resize(same);
  }
  auto** matches = static_cast<char**>(std::malloc((found.size() + 2) * sizeof(char*)));
  matches[0] = strdup(prefix.c_str());
  for (size_t i = 0; i < found.size(); ++i) matches[i + 1] = strdup(found[i].c_str());
  matches[found.size() + 1] = nullptr;
  return matches;
}

std::optional<std::string> readLine(bool terminal) {
  if (!terminal) {
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
  }
  char* typed = readline("fx> ");
  if (!typed) return std::nullopt;
  std::string line = typed;
  if (!line.empty()) add_history(typed);
  std::free(typed);
  return line;
}

}  // namespace

Exit repl(const ReplOptions& options, Report& report) {
  rewrites::Session session(backendSource(options.common));
  session.inputRequest() = options.input.request();
  session.preferGraph(options.common.graph);
  if (!options.file.empty()) {
    GraphFile file(options.file);
    report.diagnostics = file.diagnostics();
    if (!file.diagnostics().empty()) fmt::print(stderr, "{}\n", file.drawn(file.diagnostics()));
    if (file.empty()) return Exit::unusable;
    session.open(file.dumps());
  }
  rewrites::lua::Engine engine(
      session, [](const std::string& line) { fmt::print("{}\n", line); }, scriptFolders(), options.trust);
  engine.setLimits({.seconds = 0});
  StopsEngine stops(engine);
  bool terminal = isatty(STDIN_FILENO);
  if (terminal) {
    completing = &engine;
    rl_readline_name = const_cast<char*>("fxloom");
    rl_attempted_completion_function = complete;
    using_history();
  }
  bool failed = false;
  while (auto line = readLine(terminal)) {
    if (interrupted()) break;
    if (line->find_first_not_of(" \t") == std::string::npos) continue;
    auto ran = engine.run(*line);
    if (!ran.ok)
      fmt::print(stderr, "{}\n", ran.error), failed = true;
    else if (!ran.value.empty())
      fmt::print("{}\n", ran.value);
    std::fflush(stdout);
  }
  throwIfInterrupted();
  report.rewrites = session.lastOutcomes();
  return failed && !terminal ? Exit::unusable : Exit::yes;
}

}  // namespace app::commands
