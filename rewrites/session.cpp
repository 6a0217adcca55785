// Opens files, keeps one journal for each graph, and turns the edits of a transaction into one revision or none.
//
// A transaction is a value (draft, recorded chains, outcomes): a checkpoint is a copy of it, abandoning drops it.
#include "rewrites/session.h"

#include <algorithm>
#include <deque>

#include "graph/ir/diff.h"
#include "rewrites/series_journal.h"

namespace rewrites {

using graph::ir::Graph;
using graph::ir::NodeId;
using graph::text::DumpSet;

namespace {

struct Transaction {
  std::shared_ptr<const Graph> base;
  Graph draft;
  uint64_t edits = 0;
  std::vector<Outcome> outcomes;
  std::shared_ptr<Analysis> analysis;   // of the draft at `analysedAt`
  uint64_t analysedAt = 0;
  std::vector<NodeId> recorded;         // chains carried out that `analysis` decided
  bool hold = false;
};

bool sameOrder(const Graph& a, const Graph& b) {
  if (a.size() != b.size()) return false;
  auto x = a.begin(), y = b.begin();
  for (; x != a.end() && y != b.end(); ++x, ++y)
    if (*x != *y) return false;
  return true;
}

bool differs(const Graph& a, const Graph& b) {
  return !graph::ir::diffRevisions(a, b).empty() || a.guards() != b.guards() || a.subgraphs() != b.subgraphs() || !sameOrder(a, b) ||
         a.signature() != b.signature() || a.symbolTable() != b.symbolTable();
}

/// Throws when the chains carried out so far do not stand together.
void recheck(const Transaction& transaction) {
  // All chains of the plan: they were decided together.
  if (transaction.recorded.empty() || transaction.recorded.size() == transaction.analysis->inPlace().chains().size()) return;
  auto refusal = transaction.analysis->inPlace().recheck(transaction.recorded);
  if (!refusal) return;
  const Graph& graph = transaction.analysis->graph();
  const std::string node = graph.contains(refusal->node) ? graph.node(refusal->node).name : "?";
  throw std::runtime_error("the writes taken so far are not safe together: " + node + ": " + std::string(ruleName(refusal->rule)) + ": " +
                           refusal->because);
}

}  // namespace

class Session::Checkpoint {
 public:
  explicit Checkpoint(Transaction at) : transaction(std::move(at)) {}
  Transaction transaction;
};

struct Session::State {
  BackendSource backendSource;
  graph::run::Backend* backend = nullptr;
  std::string preferred;
  std::shared_ptr<const DumpSet> set = std::make_shared<const DumpSet>();
  std::vector<size_t> journalOf;             // by dump: its journal; SIZE_MAX before it is looked at
  std::deque<Journal> journals;          // references to them stay valid
  size_t current = 0;
  std::optional<Transaction> transaction;
  std::vector<Outcome> lastOutcomes;
  std::shared_ptr<Analysis> committed;   // of the current revision, outside a transaction
  graph::run::InputRequest request;

  std::shared_ptr<const std::string> text;   // of the dump `textOf`
  size_t textOf = 0;

  static size_t choose(const DumpSet& among, const std::string& nameOrNumber);
  Journal& journal();
  void goTo(size_t dump);
  Transaction& open() {
    if (!transaction) throw std::logic_error("no transaction is open");
    return *transaction;
  }
  Outcome& outcome(const std::string& rewrite) {
    auto& all = open().outcomes;
    auto found = std::find_if(all.begin(), all.end(), [&](const Outcome& o) { return o.rewrite == rewrite; });
    if (found != all.end()) return *found;
    all.push_back({"", rewrite, {}, {}});
    return all.back();
  }
};

Session::Session(BackendSource backend) : state_(std::make_shared<State>()) { state_->backendSource = std::move(backend); }

// --- opening -----------------------------------------------------------------------------------------------------------------

namespace {

std::string drawn(const DumpSet& set) {
  std::string text;
  int errors = 0;
  for (const auto& diagnostic : set.diagnostics()) {
    if (diagnostic.severity != graph::text::Severity::error || ++errors > 5) continue;
    if (!text.empty()) text += '\n';
    text += set.drawn(diagnostic);
  }
  if (errors > 5) text += "\n" + std::to_string(errors - 5) + " more errors";
  return text.empty() ? set.path() + ": no graph found" : text;
}

}  // namespace

size_t Session::State::choose(const DumpSet& among, const std::string& nameOrNumber) {
  const auto found = among.matching(nameOrNumber);
  if (found.size() == 1) return found[0];
  if (among.dumps().empty()) throw OpenError("no graph is called '" + nameOrNumber + "': no file is open");
  if (found.size() > 1) throw OpenError("several graphs are called '" + nameOrNumber + "':" + among.listed(found));
  throw OpenError("no graph is called '" + nameOrNumber + "': there are" + among.listed());
}

Journal& Session::State::journal() {
  if (journalOf.empty()) throw OpenError("no graph is open");
  return journals[journalOf[current]];
}

/// The journal of a dump is made when it is first looked at, and one for all dumps of a series.
void Session::State::goTo(size_t dump) {
  const auto step = set->stepOf(dump);
  if (journalOf[dump] == SIZE_MAX) {
    const size_t index = journals.size();
    if (step) {
      const auto& series = set->series()[step->series];
      journals.push_back(seriesJournal(*set, series));
      for (size_t one : series.dumps) journalOf[one] = index;
    } else {
      journals.emplace_back(set->dumps()[dump].graph);
      journalOf[dump] = index;
    }
  }
  current = dump;
  committed.reset();
  if (step && journal().readOrigin() != static_cast<int>(step->number)) journal().go(static_cast<int>(step->number));
}

void Session::open(std::shared_ptr<const DumpSet> set) {
  auto& s = *state_;
  if (set->dumps().empty()) throw OpenError(drawn(*set));
  const size_t first = State::choose(*set, s.preferred);
  s.transaction.reset();
  s.lastOutcomes.clear();
  s.set = std::move(set);
  s.journalOf.assign(s.set->dumps().size(), SIZE_MAX);
  s.journals.clear();
  s.text.reset();
  s.goTo(first);
}

void Session::open(const std::string& path) { open(std::make_shared<const DumpSet>(DumpSet::read(path))); }
void Session::openText(std::string text, std::string name) {
  open(std::make_shared<const DumpSet>(DumpSet::ofText(std::move(text), std::move(name))));
}

void Session::preferGraph(std::string nameOrNumber) { state_->preferred = std::move(nameOrNumber); }

const std::string& Session::file() const { return state_->set->path(); }
const std::vector<graph::text::Diagnostic>& Session::diagnostics() const { return state_->set->diagnostics(); }

std::shared_ptr<const std::string> Session::source() const {
  auto& s = *state_;
  if (s.journalOf.empty()) return std::make_shared<const std::string>();
  const auto step = s.set->stepOf(s.current);
  // One text for all steps of a series: which one is looked at does not matter.
  const size_t of = step ? s.set->series()[step->series].dumps.front() : s.current;
  if (!s.text || s.textOf != of) {
    s.text = std::make_shared<const std::string>(step ? seriesText(*s.set, s.set->series()[step->series]) : s.set->sources()[s.set->dumps()[of].source].text);
    s.textOf = of;
  }
  return s.text;
}

uint32_t Session::sourceLine(const graph::text::Diagnostic& diagnostic) const {
  const auto& s = *state_;
  if (s.journalOf.empty() || !diagnostic.line) return 0;
  const auto keyOf = [&](size_t dump) -> const std::string& { return s.set->sources()[s.set->dumps()[dump].source].key; };
  const auto step = s.set->stepOf(s.current);
  if (!step) return keyOf(s.current) == diagnostic.file ? diagnostic.line : 0;
  const auto& series = s.set->series()[step->series];
  for (size_t i = 0; i < series.dumps.size(); ++i)
    if (keyOf(series.dumps[i]) == diagnostic.file) return diagnostic.line + linesBefore(*s.set, series, i);
  return 0;
}

std::vector<std::string> Session::graphNames() const {
  std::vector<std::string> names;
  for (const auto& dump : state_->set->dumps()) names.push_back(dump.name);
  return names;
}

void Session::use(const std::string& nameOrNumber) {
  auto& s = *state_;
  if (s.transaction) throw std::logic_error("cannot change the graph inside a transaction");
  s.goTo(State::choose(*s.set, nameOrNumber));
}

const std::string& Session::currentName() const {
  auto& s = *state_;
  if (s.journalOf.empty()) throw OpenError("no graph is open");
  const auto step = s.set->stepOf(s.current);
  if (!step) return s.set->dumps()[s.current].name;
  return s.set->dumps()[s.set->series()[step->series].dumps[static_cast<size_t>(s.journal().readOrigin())]].name;
}

Journal& Session::journal() { return state_->journal(); }

std::shared_ptr<const Graph> Session::graph() const { return state_->journal().current().graph; }

// --- transactions ------------------------------------------------------------------------------------------------------------

Graph& Session::begin() {
  if (state_->transaction) throw std::logic_error("a transaction is open already");
  auto base = graph();
  Transaction transaction{base, *base, 0, {}, nullptr, 0, {}, false};
  if (state_->committed && state_->committed->shareGraph() == base) transaction.analysis = state_->committed;
  state_->transaction = std::move(transaction);
  return state_->transaction->draft;
}

bool Session::inTransaction() const { return state_->transaction.has_value(); }

Graph& Session::draft() {
  auto& transaction = state_->open();
  ++transaction.edits;
  return transaction.draft;
}

const Graph& Session::view() const {
  if (state_->transaction) return state_->transaction->draft;
  return *state_->journal().current().graph;
}

bool Session::changed() const {
  const auto& transaction = state_->transaction;
  return transaction && transaction->edits > 0 && differs(*transaction->base, transaction->draft);
}

void Session::recordChain(NodeId head, const Analysis* decidedBy) {
  auto& transaction = state_->open();
  if (!transaction.analysis || (decidedBy && decidedBy != transaction.analysis.get()))
    throw std::runtime_error("this chain was decided for an earlier state of the graph: ask can_write_in_place again");
  auto& recorded = transaction.recorded;
  if (std::find(recorded.begin(), recorded.end(), head) != recorded.end()) throw std::runtime_error("this chain was carried out already");
  recorded.push_back(head);
}

void Session::startRewrite(const std::string& rewrite) { state_->outcome(rewrite); }
void Session::addTaken(Taken taken) {
  auto& outcome = state_->outcome(taken.rewrite);
  outcome.taken.push_back(std::move(taken));
}
void Session::addRefused(Refused refused) {
  auto& outcome = state_->outcome(refused.rewrite);
  outcome.refused.push_back(std::move(refused));
}
const std::vector<Outcome>& Session::outcomes() const { return state_->transaction ? state_->transaction->outcomes : state_->lastOutcomes; }

const Revision* Session::commit(const std::string& label, const std::string& lua, const std::string& script, std::vector<ScriptText> scripts) {
  Transaction transaction = std::move(state_->open());
  state_->transaction.reset();  // whatever happens below, the draft is gone
  for (auto& outcome : transaction.outcomes) outcome.script = script;
  state_->lastOutcomes = transaction.outcomes;
  recheck(transaction);
  if (transaction.edits == 0 || !differs(*transaction.base, transaction.draft)) {
    if (transaction.edits == 0) state_->committed = transaction.analysis;
    return nullptr;
  }
  if (transaction.base->isCut()) throw std::runtime_error(label + ": lines of " + currentName() + " are missing: it can be looked at, not rewritten");
  const auto& revision = journal().commit(std::move(transaction.draft), label, lua, std::move(transaction.outcomes), std::move(scripts));
  state_->committed.reset();
  return &revision;
}

void Session::abandon() {
  if (!state_->transaction) return;
  state_->lastOutcomes = std::move(state_->transaction->outcomes);
  state_->transaction.reset();
}

const std::vector<Outcome>& Session::lastOutcomes() const { return state_->lastOutcomes; }

std::shared_ptr<const Session::Checkpoint> Session::mark() const { return std::make_shared<const Checkpoint>(state_->open()); }
void Session::restore(const std::shared_ptr<const Checkpoint>& checkpoint) { state_->transaction = checkpoint->transaction; }

std::shared_ptr<Analysis> Session::analysis() {
  if (!state_->transaction) {
    auto now = graph();
    if (!state_->committed || state_->committed->shareGraph() != now || !state_->committed->isCurrent()) state_->committed = std::make_shared<Analysis>(now);
    return state_->committed;
  }
  auto& transaction = *state_->transaction;
  const bool isCurrent = transaction.analysis && transaction.analysedAt == transaction.edits && transaction.analysis->isCurrent();
  if (isCurrent || (transaction.analysis && transaction.hold)) return transaction.analysis;
  recheck(transaction);
  auto now = transaction.edits == 0 ? transaction.base : std::make_shared<const Graph>(transaction.draft);
  transaction.analysis = std::make_shared<Analysis>(std::move(now));
  transaction.analysedAt = transaction.edits;
  transaction.recorded.clear();
  return transaction.analysis;
}

void Session::holdAnalysis(bool hold) {
  if (hold) analysis();
  if (state_->transaction) state_->transaction->hold = hold;
}

bool Session::holdsAnalysis() const { return state_->transaction && state_->transaction->hold; }

const InPlace& Session::inPlace() { return analysis()->inPlace(); }

// --- running -----------------------------------------------------------------------------------------------------------------

graph::run::Backend& Session::backend() {
  if (!state_->backend) state_->backend = &state_->backendSource();
  return *state_->backend;
}

bool Session::hasBackend() const { return state_->backend != nullptr; }
graph::run::InputRequest& Session::inputRequest() { return state_->request; }

graph::ir::Binding Session::binding() const {
  const auto& request = state_->request;
  const Graph& graph = view();
  if (request.tensorsFile) return graph::run::chooseSymbols(graph, request);  // the tensors' sizes bind what is not given by name
  graph::ir::Binding out;
  const auto symbols = graph.symbols();
  for (const auto& [name, value] : request.bind) {
    if (std::find(symbols.begin(), symbols.end(), name) != symbols.end()) {
      out[name] = value;
      continue;
    }
    // By placeholder: `arg23_1: Sym(s0)` bound by its own name.
    const NodeId id = graph.find(name);
    if (!id) continue;
    const auto* sym = graph.node(id).sym();
    if (!sym) continue;
    for (const auto& symbol : symbols)
      if (sym->value == graph::ir::Expr::symbol(symbol)) out[symbol] = value;
  }
  return out;
}

}  // namespace rewrites
