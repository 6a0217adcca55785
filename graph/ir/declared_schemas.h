// Schemas of operators that torch's table lacks: custom operators, declared by the user.
//
// A declaration is the text that torch prints for the operator (`print(torch.ops.mylib.rope_.default._schema)`). It counts from then on,
// wherever a schema is asked for: findSchema() looks here after the table. Thread safe: one thread declares, any thread asks. A schema
// that was declared once lives until the program ends, so that pointers to it stay valid; declaring it again replaces it for later
// questions.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "graph/ir/schema.h"

namespace graph::ir {

/// Declares `mylib::rope_(Tensor(a!) x, Tensor cos) -> Tensor(a!)`. Throws std::invalid_argument, with the text and a caret, when it is no
/// such text, names a type or an alias set that does not exist, or says other than torch about an operator that torch has. The schema
/// that counts, torch's own when that says the same.
const Schema& declareSchema(std::string_view text, bool pointwise = false);
/// Takes a declaration back, unless it was replaced meanwhile. Nothing happens when it is not one.
void withdrawSchema(const Schema& declared);
/// Grows with each declaration that changed something: what was analysed before may be out of date.
uint64_t schemaGeneration();

/// Was this operator declared? A target without overload, as torch 2.1 prints it, means any overload.
bool isDeclared(std::string_view target);
/// The declared schema of a full target; null when there is none.
const Schema* declaredSchema(std::string_view target);
/// Those whose target starts with `prefix`, by target.
std::vector<const Schema*> declaredSchemas(std::string_view prefix = {});

}  // namespace graph::ir
