// Pieces of JSON that the report and `info --json` share.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "graph/text/diagnostic.h"
#include "rewrites/storage.h"

namespace app {

/// {"update": …, "copy_": …, "clone": …}
nlohmann::ordered_json toJson(const rewrites::CopiedBytes& copied);
/// [{"severity", "line", "column", "message"}], in a folder with its "file"
nlohmann::ordered_json toJson(const std::vector<graph::text::Diagnostic>& diagnostics);
/// Indented; invalid UTF-8 becomes U+FFFD.
std::string toText(const nlohmann::ordered_json& json);

}  // namespace app
