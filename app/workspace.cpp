#include "app/workspace.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/graph_facts.h"
#include "app/numbers.h"
#include "graph/ir/declared_schemas.h"
#include "graph/layout/label.h"
#include "graph/run/timing.h"

namespace app {
namespace {

constexpr size_t kConsoleLimit = 4000;                       // lines kept
constexpr size_t kFactsKept = 24;                            // revisions whose analysis is kept

bool definesRewrites(const std::filesystem::path& path) {
  auto name = path.filename().string();
  if (name == "api.lua" || name == "prelude.lua") return false;
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return text.find("fx.rewrite") != std::string::npos;
}

/// The bytes that a chain saves: the number when it is known, also through the symbols that the window counts with.
std::string savedText(const rewrites::Taken& taken, const graph::ir::Binding& binding) {
  if (taken.bytesSaved) return bytesText(*taken.bytesSaved);
  auto expression = graph::ir::Expr::parse(taken.bytesSavedText);
  auto value = expression ? expression->evaluate(binding) : std::nullopt;
  return value ? bytesText(*value) : taken.bytesSavedText;
}

}  // namespace

Workspace::Workspace(WorkspaceOptions options)
    : options_(std::move(options)),
      session_(options_.backend),
      lua_(session_, [this](const std::string& line) { say(ConsoleLine::Kind::output, line); }, options_.scriptFolders) {
  if (auto device = graph::ir::Device::parse(options_.device)) session_.inputRequest().device = *device;
}

Workspace::~Workspace() = default;

// --- opening ----------------------------------------------------------------------------------------------------------------

void Workspace::open(const std::string& path, const std::string& graph) {
  session_.open(path);
  if (!graph.empty()) session_.use(graph);
  opened();
}

void Workspace::openText(std::string text, std::string name) {
  session_.openText(std::move(text), std::move(name));
  opened();
}

void Workspace::opened() {
  open_ = true;
  wantsVerification_ = false;
  problems_.clear();
  facts_.clear();
  timing_.reset();
  fileProblems();
  changed();
  wantsVerification_ = false;
  say(ConsoleLine::Kind::note, "opened " + session_.file() + ": " + std::to_string(session_.graph()->size()) + " nodes");
  loadScripts();
}

/// What is wrong with the file, at its place in the text that is shown. A folder's other files are named.
void Workspace::fileProblems() {
  std::erase_if(problems_, [](const Problem& problem) { return problem.isOfFile; });
  for (const auto& d : session_.diagnostics()) {
    const uint32_t line = session_.sourceLine(d);
    std::string message = line || d.file.empty() ? d.message : d.file + (d.line ? ":" + std::to_string(d.line) : "") + ": " + d.message;
    problems_.push_back({d.severity, std::move(message), line, line ? d.column : 0, {}, true});
  }
}

void Workspace::useGraph(const std::string& name) {
  session_.use(name);
  timing_.reset();
  changed();
  wantsVerification_ = false;
}

/// Every script that defines rewrites is run once, so that its rewrites are in the list.
void Workspace::loadScripts() {
  std::vector<std::filesystem::path> scripts;
  for (const auto& folder : options_.scriptFolders) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      const auto& path = entry.path();
      auto same = [&](const auto& other) { return other.filename() == path.filename(); };
      if (path.extension() == ".lua" && definesRewrites(path) && std::none_of(scripts.begin(), scripts.end(), same)) scripts.push_back(path);
    }
  }
  std::sort(scripts.begin(), scripts.end(), [](const auto& a, const auto& b) { return a.filename() < b.filename(); });
  for (const auto& script : scripts) {
    auto result = lua_.runFile(script.string(), false);
    if (!result.ok) problems_.push_back({graph::text::Severity::error, result.error, 0, 0, {}});
  }
  rewrites_ = lua_.rewrites();
}

// --- changing ---------------------------------------------------------------------------------------------------------------

void Workspace::runLua(const std::string& chunk, const std::string& name) {
  say(ConsoleLine::Kind::input, chunk);
  report(lua_.run(chunk, name));
}

void Workspace::runScript(const std::string& path) {
  say(ConsoleLine::Kind::note, "running " + path);
  report(lua_.runFile(path, true));
}

void Workspace::apply(const std::string& rewrite) {
  if (!open_) throw std::runtime_error("nothing is open: open a graph first");
  auto before = session_.journal().current().number;
  auto line = "fx.apply(\"" + rewrite + "\")";
  say(ConsoleLine::Kind::input, line);
  auto result = lua_.run(line, rewrite);
  result.value.clear();   // the panels show what was taken and refused
  report(result);
  if (session_.journal().current().number == before) say(ConsoleLine::Kind::note, rewrite + ": nothing to change");
}

void Workspace::report(const rewrites::lua::RunResult& result) {
  if (!result.value.empty()) say(ConsoleLine::Kind::output, result.value);
  if (!result.ok) {
    say(ConsoleLine::Kind::error, result.error);
    problems_.push_back({graph::text::Severity::error, result.error, 0, 0, {}});
  }
  rewrites_ = lua_.rewrites();
  auto before = shown_;
  adopt();
  if (result.ok && open_ && shown_ != before)
    for (const auto& outcome : session_.lastOutcomes())
      say(ConsoleLine::Kind::note, outcome.rewrite + ": " + std::to_string(outcome.taken.size()) + " taken, " + std::to_string(outcome.refused.size()) + " refused");
}

/// A script may open a file of its own, commit, or move in the history: look at what is there now.
void Workspace::adopt() {
  std::shared_ptr<const graph::ir::Graph> now;
  try {
    now = session_.graph();
  } catch (const std::exception&) {
  }
  open_ = now != nullptr;
  if (!open_ || now == shown_) return;
  changed();
}

void Workspace::undo() { session_.journal().undo(), changed(); }
void Workspace::redo() { session_.journal().redo(), changed(); }
void Workspace::go(int revision) { session_.journal().go(revision), changed(); }

void Workspace::changed() {
  binding_ = bindingForBytes();
  if (auto text = session_.source(); text != source_) {
    source_ = std::move(text);
    fileProblems();
  }
  const auto& current = session_.journal().current();
  shown_ = current.graph;
  wantsVerification_ = options_.verifyAfterChange && current.number != 0 && current.verified == rewrites::Verified::notYet;
}

// --- running ----------------------------------------------------------------------------------------------------------------

void Workspace::time() {
  if (!open_) throw std::runtime_error("nothing is open: open a graph first");
  auto& backend = session_.backend();
  auto& journal = session_.journal();
  const auto& request = session_.inputRequest();
  const auto& now = journal.current();
  auto before = backend.compile(*journal.at(0).graph, request.device);
  auto after = backend.compile(*now.graph, request.device);
  auto inputs = graph::run::makeInputs(backend, *journal.at(0).graph, request);
  TimingTable table;
  table.result = graph::run::timePair(backend, request.device, *before, *after, inputs, {});
  table.before = 0;
  table.after = now.number;
  table.device = request.device.str();
  table.symbols = bindingText(inputs.symbols);
  timing_ = std::move(table);
}

void Workspace::complete(const std::string& line) {
  completion_ = {line, lua_.complete(line), completion_.serial + 1};
}

void Workspace::stop() {
  lua_.stop();
  if (auto* backend = options_.openedBackend ? options_.openedBackend() : nullptr) backend->stop = true;
}

void Workspace::clearStop() {
  if (auto* backend = options_.openedBackend ? options_.openedBackend() : nullptr) backend->stop = false;
}

// --- the picture ------------------------------------------------------------------------------------------------------------

graph::ir::Binding Workspace::bindingForBytes() {
  try {
    return graph::run::chooseSymbols(*session_.journal().at(0).graph, session_.inputRequest());
  } catch (const std::exception&) {
    return session_.binding();
  }
}

std::shared_ptr<const GraphFacts> Workspace::factsOf(const rewrites::Revision& revision) {
  if (facts_.size() > kFactsKept) facts_.clear();
  auto& facts = facts_[revision.graph.get()];
  if (!facts || facts->marks.binding != binding_ || facts->schemas != graph::ir::schemaGeneration()) facts = makeGraphFacts(revision.graph, binding_);
  return facts;
}

void Workspace::say(ConsoleLine::Kind kind, const std::string& text) {
  if (console_.size() >= kConsoleLimit) console_.erase(console_.begin(), console_.begin() + kConsoleLimit / 4);
  console_.push_back({kind, text});
  consoleShared_.reset();
}

void Workspace::fail(const std::string& job, const std::string& message, NodeId node) {
  say(ConsoleLine::Kind::error, job + ": " + message);
  problems_.push_back({graph::text::Severity::error, message, 0, 0, node});
}

std::shared_ptr<const Snapshot> Workspace::snapshot() {
  auto s = std::make_shared<Snapshot>();
  s->serial = ++serial_;
  if (!consoleShared_) consoleShared_ = std::make_shared<const std::vector<ConsoleLine>>(console_);
  s->console = consoleShared_;
  s->completion = completion_;
  s->rewrites = rewrites_;
  if (open_) {
    auto& journal = session_.journal();
    const auto& current = journal.current();
    s->file = session_.file();
    s->source = source_;
    s->graphNames = session_.graphNames();
    s->graphName = session_.currentName();
    s->binding = binding_;
    s->facts = factsOf(current);
    s->copiedBefore = factsOf(journal.at(0))->copied;
    s->revision = current.number;
    s->canUndo = journal.canUndo();
    s->canRedo = journal.canRedo();
    for (const auto& r : journal.revisions()) {
      HistoryRow row{r.number, r.parent, r.label, r.lua, r.verified, r.verifiedBecause};
      for (const auto& outcome : r.outcomes) row.taken += outcome.taken.size(), row.refused += outcome.refused.size();
      s->history.push_back(std::move(row));
    }
    for (const auto& outcome : current.outcomes)
      for (const auto& t : outcome.taken) s->chains.push_back({t.node, t.writes, savedText(t, binding_)});
    if (timing_ && timing_->after == current.number) s->timing = timing_;
    if (!s->facts->problem.empty()) s->problems.push_back({graph::text::Severity::error, s->facts->problem, 0, 0, {}});
  }
  s->problems.insert(s->problems.end(), problems_.begin(), problems_.end());
  return s;
}

}  // namespace app
