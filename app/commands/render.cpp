// fxloom render: a picture of a graph, a layer or a neighbourhood.
#include "graph/layout/render.h"

#include <fmt/format.h>

#include "app/commands/commands.h"
#include "app/commands/common.h"
#include "graph/layout/layout.h"

namespace app::commands {

Exit render(const RenderOptions& options, Report& report) {
  using namespace graph::layout;
  if (!canRender(options.out))
    throw Failure(Exit::usage, fmt::format("error: -o {}: the extension says what is drawn: .svg, .png or .dot", options.out));
  requireWritable(options.out);
  GraphFile file(options.file);
  report.diagnostics = file.diagnostics();
  auto graph = file.graph(options.common.graph);
  if (auto wrong = file.chosenDiagnostics(); !wrong.empty() && !options.common.quiet) fmt::print(stderr, "{}\n", file.drawn(wrong));
  describe(report, file.name(), *graph, {});
  auto view = options.around.empty() ? options.view : fmt::format("around {} {}", options.around, options.depth);
  std::string problem;
  auto spec = ViewSpec::parse(view, *graph, fold(*graph), &problem);
  if (!spec) throw Failure(Exit::usage, "error: " + problem);
  renderGraph(*graph, *spec, options.out);
  say(options.common, "wrote {}", options.out);
  return Exit::yes;
}

}  // namespace app::commands
