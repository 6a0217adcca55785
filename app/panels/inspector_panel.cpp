#include "app/panels/inspector_panel.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/numbers.h"
#include "graph/ir/schema.h"
#include "graph/text/printer.h"

namespace app {
namespace {

void row(const Theme& theme, const char* key) {
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  ImGui::TextColored(vec(theme.dim), "%s", key);
  ImGui::TableNextColumn();
}

void monoText(const Theme& theme, const std::string& text) {
  ImGui::PushFont(theme.fonts.mono);
  ImGui::PushTextWrapPos(0);
  ImGui::TextUnformatted(text.c_str(), text.c_str() + text.size());
  ImGui::PopTextWrapPos();
  ImGui::PopFont();
}

bool beginRows(const char* id) {
  if (!ImGui::BeginTable(id, 2, ImGuiTableFlags_SizingFixedFit)) return false;
  ImGui::TableSetupColumn("key", ImGuiTableColumnFlags_WidthFixed, ImGui::GetFontSize() * 6.2f);
  ImGui::TableSetupColumn("value", ImGuiTableColumnFlags_WidthStretch);
  return true;
}

void links(Context& context, const std::vector<NodeId>& nodes, size_t limit) {
  float right = ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x;
  for (size_t i = 0; i < nodes.size() && i < limit; ++i) {
    if (i) {
      ImGui::PushFont(context.theme.fonts.mono);
      auto width = ImGui::CalcTextSize(context.name(nodes[i]).c_str()).x;
      ImGui::PopFont();
      ImGui::SameLine();
      if (ImGui::GetCursorPosX() + width > right) ImGui::NewLine();
    }
    nodeLink(context, nodes[i]);
  }
  if (nodes.size() > limit) ImGui::TextDisabled("and %zu more", nodes.size() - limit);
}

}  // namespace

void InspectorPanel::draw(Context& context) {
  auto id = context.selection.node;
  heading(context.theme, "Inspector");
  if (!id) return ImGui::TextDisabled("Click a node to see what it is.");
  if (!context.alive(id)) return wrapped(context.theme.dim, "The selected node is not in this revision: a rewrite erased it.");
  const auto& node = context.graph()->node(id);
  ImGui::BeginChild("node");
  if (beginRows("head")) {
    row(context.theme, "name");
    ImGui::PushFont(context.theme.fonts.bold);
    ImGui::TextUnformatted(node.name.c_str());
    ImGui::PopFont();
    row(context.theme, "target");
    monoText(context.theme, node.target.empty() ? std::string(opName(node.op)) : node.target);
    auto kind = graph::layout::kindOf(*context.graph(), id);
    row(context.theme, "kind");
    ImGui::TextColored(vec(context.theme.of(kind)), "%s", std::string(kindName(kind)).c_str());
    if (auto meta = graph::text::printMeta(node.meta); !meta.empty()) {
      row(context.theme, "value");
      monoText(context.theme, meta);
    }
    if (auto bytes = graph::layout::bytesOf(node.meta, context.s.binding)) {
      row(context.theme, "size");
      auto at = bindingText(context.s.binding);
      ImGui::Text("%s%s", bytesText(*bytes).c_str(), at.empty() ? "" : (" at " + at).c_str());
    }
    if (auto it = context.s.facts->marks.copied.find(id); it != context.s.facts->marks.copied.end()) {
      row(context.theme, "copies");
      ImGui::TextColored(vec(context.theme.of(graph::layout::Kind::copy)), "%s", it->second.c_str());
    }
    if (auto it = context.s.facts->marks.entries.find(id); it != context.s.facts->marks.entries.end()) {
      bool taken = it->second.mark == graph::layout::Mark::taken;
      row(context.theme, taken ? "in place" : "refused");
      wrapped(taken ? context.theme.taken : context.theme.refused, it->second.reason);
    }
    ImGui::EndTable();
  }
  arguments(context);
  connections(context);
  storage(context);
  ImGui::EndChild();
}

void InspectorPanel::arguments(Context& context) {
  const auto& graph = *context.graph();
  const auto& node = graph.node(context.selection.node);
  if (node.args.empty() && node.kwargs.empty()) return;
  ImGui::Spacing();
  heading(context.theme, "Arguments");
  auto* schema = graph::ir::findSchema(node.target, node.args.size() + node.kwargs.size());
  if (!beginRows("arguments")) return;
  auto value = [&](const graph::ir::Argument& argument) {
    if (auto other = argument.node()) {
      nodeLink(context, other);
      ImGui::SameLine();
      ImGui::TextDisabled("%s", graph::layout::shortMeta(graph.node(other).meta, 40).c_str());
      return;
    }
    auto text = graph::text::printArgument(graph, argument);
    monoText(context.theme, text.size() > 2000 ? text.substr(0, 2000) + "…" : text);
  };
  for (size_t i = 0; i < node.args.size(); ++i) {
    auto name = schema && i < schema->arguments.size() ? schema->arguments[i].name : std::to_string(i);
    row(context.theme, name.c_str());
    ImGui::PushID(static_cast<int>(i));
    value(node.args[i]);
    ImGui::PopID();
  }
  for (const auto& [name, argument] : node.kwargs) {
    row(context.theme, name.c_str());
    ImGui::PushID(name.c_str());
    value(argument);
    ImGui::PopID();
  }
  ImGui::EndTable();
  if (schema) {
    ImGui::PushStyleColor(ImGuiCol_Text, vec(context.theme.dim));
    monoText(context.theme, schema->text);
    ImGui::PopStyleColor();
  }
}

void InspectorPanel::connections(Context& context) {
  const auto& graph = *context.graph();
  auto id = context.selection.node;
  const auto& node = graph.node(id);
  ImGui::Spacing();
  auto users = graph.users(id);
  std::sort(users.begin(), users.end(), [&](NodeId a, NodeId b) { return graph.before(a, b); });
  heading(context.theme, "Users", std::to_string(users.size()).c_str());
  ImGui::PushID("users");
  links(context, users, 40);
  ImGui::PopID();
  if (node.stack && !node.stack->empty()) {
    ImGui::Spacing();
    heading(context.theme, "Comes from", node.line ? ("line " + std::to_string(node.line)).c_str() : nullptr);
    monoText(context.theme, *node.stack);
  }
  if (!node.line) {
    ImGui::Spacing();
    ImGui::TextDisabled("Made by a rewrite:");
    monoText(context.theme, graph::text::printNode(graph, id));
  }
}

void InspectorPanel::storage(Context& context) {
  const auto& facts = *context.s.facts;
  auto id = context.selection.node;
  if (id.value >= facts.owner.size() || !facts.owner[id.value]) return;
  auto owner = facts.owner[id.value];
  ImGui::Spacing();
  heading(context.theme, "Memory");
  if (beginRows("storage")) {
    row(context.theme, "owner");
    if (owner == id) ImGui::TextUnformatted("itself");
    else nodeLink(context, owner);
    if (auto it = facts.aliases.find(owner); it != facts.aliases.end() && it->second.size() > 1) {
      row(context.theme, "shared by");
      ImGui::PushID("aliases");
      links(context, it->second, 60);
      ImGui::PopID();
    }
    ImGui::EndTable();
  }
}

}  // namespace app
