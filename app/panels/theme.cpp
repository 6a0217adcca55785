#include "app/panels/theme.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "graph/layout/palette.h"

namespace app {
namespace {

ImU32 hex(std::string_view text, float alpha = 1) {
  auto value = std::strtoul(std::string(text.substr(1)).c_str(), nullptr, 16);
  return IM_COL32(value >> 16 & 255, value >> 8 & 255, value & 255, static_cast<int>(alpha * 255));
}

ImU32 mixed(ImU32 a, ImU32 b, float t) {
  auto x = ImGui::ColorConvertU32ToFloat4(a), y = ImGui::ColorConvertU32ToFloat4(b);
  return ImGui::ColorConvertFloat4ToU32({x.x + (y.x - x.x) * t, x.y + (y.y - x.y) * t, x.z + (y.z - x.z) * t, 1});
}

ImFont* load(const char* name, float size, bool few = false) {
  // Latin, general punctuation, arrows, mathematical signs, shapes and the check mark: what panels print.
  static const ImWchar ranges[] = {0x20, 0x24F, 0x391, 0x3C9, 0x2010, 0x205E, 0x2190, 0x21FF, 0x2200, 0x22FF, 0x25A0, 0x25FF, 0x2690, 0x27BF, 0};
  static const ImWchar fewRanges[] = {0x20, 0xFF, 0x2026, 0x2026, 0x2190, 0x2193, 0};
  for (const char* folder : {"/usr/share/fonts/truetype/dejavu/", "/usr/share/fonts/TTF/", "/usr/share/fonts/dejavu-sans-fonts/"}) {
    auto path = std::string(folder) + name;
    std::error_code error;
    if (std::filesystem::exists(path, error)) return ImGui::GetIO().Fonts->AddFontFromFileTTF(path.c_str(), size, nullptr, few ? fewRanges : ranges);
  }
  ImFontConfig config;
  config.SizePixels = size;
  return ImGui::GetIO().Fonts->AddFontDefault(&config);
}

void styleSizes(ImGuiStyle& style) {
  style.WindowPadding = {12, 10};
  style.FramePadding = {9, 5};
  style.ItemSpacing = {8, 6};
  style.ItemInnerSpacing = {6, 4};
  style.CellPadding = {6, 3};
  style.IndentSpacing = 16;
  style.ScrollbarSize = 13;
  style.WindowRounding = 0;
  style.ChildRounding = style.FrameRounding = style.PopupRounding = style.GrabRounding = style.TabRounding = 5;
  style.ScrollbarRounding = 8;
  style.WindowBorderSize = 1;
  style.FrameBorderSize = 0;
}

void darkColours(ImVec4* c) {
  auto set = [&](int index, std::string_view h, float a = 1) { c[index] = ImGui::ColorConvertU32ToFloat4(hex(h, a)); };
  set(ImGuiCol_Text, "#DCE1E8"), set(ImGuiCol_TextDisabled, "#8A94A3");
  set(ImGuiCol_WindowBg, "#191D24"), set(ImGuiCol_ChildBg, "#191D24", 0), set(ImGuiCol_PopupBg, "#222833");
  set(ImGuiCol_Border, "#2E3541"), set(ImGuiCol_FrameBg, "#262C37"), set(ImGuiCol_FrameBgHovered, "#313948"), set(ImGuiCol_FrameBgActive, "#384154");
  set(ImGuiCol_MenuBarBg, "#151920"), set(ImGuiCol_Header, "#2B4A6F"), set(ImGuiCol_HeaderHovered, "#2C3646"), set(ImGuiCol_HeaderActive, "#33597F");
  set(ImGuiCol_Button, "#2F3A4B"), set(ImGuiCol_ButtonHovered, "#3B4A61"), set(ImGuiCol_ButtonActive, "#4A5D7A");
  set(ImGuiCol_Tab, "#1F242D"), set(ImGuiCol_TabHovered, "#35455C"), set(ImGuiCol_TabActive, "#2B384B");
  set(ImGuiCol_TableRowBgAlt, "#FFFFFF", 0.025f), set(ImGuiCol_TableHeaderBg, "#222833"), set(ImGuiCol_TableBorderLight, "#2A303B");
  set(ImGuiCol_ScrollbarBg, "#191D24", 0), set(ImGuiCol_ScrollbarGrab, "#39424F"), set(ImGuiCol_Separator, "#2E3541");
  set(ImGuiCol_CheckMark, "#56B4E9"), set(ImGuiCol_TextSelectedBg, "#33608C");
}

void lightColours(ImVec4* c) {
  auto set = [&](int index, std::string_view h, float a = 1) { c[index] = ImGui::ColorConvertU32ToFloat4(hex(h, a)); };
  set(ImGuiCol_Text, "#1F2630"), set(ImGuiCol_TextDisabled, "#66707E");
  set(ImGuiCol_WindowBg, "#FAFBFC"), set(ImGuiCol_ChildBg, "#FAFBFC", 0), set(ImGuiCol_PopupBg, "#FFFFFF");
  set(ImGuiCol_Border, "#D6DBE2"), set(ImGuiCol_FrameBg, "#ECEFF3"), set(ImGuiCol_FrameBgHovered, "#E0E6ED"), set(ImGuiCol_FrameBgActive, "#D3DCE6");
  set(ImGuiCol_MenuBarBg, "#EEF1F5"), set(ImGuiCol_Header, "#CFE3F6"), set(ImGuiCol_HeaderHovered, "#E2ECF6"), set(ImGuiCol_HeaderActive, "#BAD6F0");
  set(ImGuiCol_Button, "#E3E9F0"), set(ImGuiCol_ButtonHovered, "#D3DEEA"), set(ImGuiCol_ButtonActive, "#C0D1E3");
  set(ImGuiCol_Tab, "#EEF1F5"), set(ImGuiCol_TabHovered, "#D3E2F2"), set(ImGuiCol_TabActive, "#DCE7F3");
  set(ImGuiCol_TableRowBgAlt, "#000000", 0.025f), set(ImGuiCol_TableHeaderBg, "#EEF1F5"), set(ImGuiCol_TableBorderLight, "#E3E7EC");
  set(ImGuiCol_ScrollbarBg, "#FAFBFC", 0), set(ImGuiCol_ScrollbarGrab, "#C5CCD6"), set(ImGuiCol_Separator, "#D6DBE2");
  set(ImGuiCol_CheckMark, "#0072B2"), set(ImGuiCol_TextSelectedBg, "#B7D5F2");
}

}  // namespace

Fonts loadFonts(float scale) {
  Fonts fonts;
  fonts.sans = load("DejaVuSans.ttf", 15 * scale);
  fonts.bold = load("DejaVuSans-Bold.ttf", 15 * scale);
  fonts.mono = load("DejaVuSansMono.ttf", 13 * scale);
  for (float size : {6.f, 7.f, 8.f, 9.f, 10.f, 11.f, 12.f, 13.f, 14.f, 16.f, 19.f, 23.f, 28.f, 34.f, 42.f})
    fonts.canvas.push_back(load("DejaVuSansMono.ttf", std::round(size * scale), true));
  return fonts;
}

ImFont* Fonts::fitting(float size) const {
  ImFont* best = nullptr;
  for (auto* font : canvas)
    if (font->FontSize <= size) best = font;
  return best;
}

Theme makeTheme(bool dark, float scale, const Fonts& fonts) {
  auto& style = ImGui::GetStyle();
  style = ImGuiStyle();
  dark ? ImGui::StyleColorsDark(&style) : ImGui::StyleColorsLight(&style);
  styleSizes(style);
  dark ? darkColours(style.Colors) : lightColours(style.Colors);
  style.ScaleAllSizes(scale);

  Theme t{.dark = dark, .scale = scale, .fonts = fonts};
  t.canvas = hex(dark ? "#14171D" : "#F3F5F8");
  t.grid = hex(dark ? "#1D222A" : "#E6EAEF");
  t.text = hex(dark ? "#DCE1E8" : "#1F2630");
  t.dim = hex(dark ? "#8A94A3" : "#66707E");
  t.frame = hex(dark ? "#3A4453" : "#BBC4CF");
  t.edge = hex(dark ? "#6B7686" : "#8E99A6");
  t.line = hex(dark ? "#2B4A6F" : "#CFE3F6");
  t.taken = hex(dark ? "#2FBF95" : "#007A5A");
  t.refused = hex(dark ? "#E69F00" : "#B26B00");
  t.good = t.taken;
  t.selection = hex(dark ? "#F0E442" : "#0050A0");
  t.storage = hex("#CC79A7");
  t.error = hex(dark ? "#FF7B54" : "#C0390B");
  t.warning = hex(dark ? "#E69F00" : "#9A6700");
  t.accent = hex(dark ? "#56B4E9" : "#0072B2");
  for (size_t i = 0; i < t.kind.size(); ++i) {
    auto k = static_cast<graph::layout::Kind>(i);
    t.kind[i] = hex(graph::layout::colourOf(k));
    t.tint[i] = dark ? mixed(hex("#1E232C"), t.kind[i], k == graph::layout::Kind::copy ? 0.34f : 0.17f) : hex(graph::layout::tintOf(k));
  }
  return t;
}

ImVec4 vec(ImU32 colour) { return ImGui::ColorConvertU32ToFloat4(colour); }

}  // namespace app
