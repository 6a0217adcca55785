// A hook for tests: the checks of the safety analysis by name, all on unless a test switches one off and sees what it stood between.
//
// The first entries are the rules, in their order: without one, no conflict of that name counts. The others are single sentences of the
// definition of a conflict that have no rule of their own. Nothing but tests may switch one off: what is then taken is wrong.
#pragma once

#include <bitset>
#include <cstdint>
#include <initializer_list>

namespace rewrites {

enum class Check : uint8_t {
  unknownOperator, asyncReader, dtypeOrShapeChanges, internalOverlap, overlappingOperand, twoOwners, geometryChanges,
  aliasDependsOnSize, oldValueReadLater, inputMustKeepValue, copyWritesOtherValue, resultEscapes, inputsMayAlias, sizeUnproven,
  notProfitable,
  callerReadsInputs, callerReadsConstants,   // at the end, with the content that the graph as printed leaves in them
  readsOutsideWindow,       // a refused update reads its base outside its window
  oldElements,              // an update in place that adds to the old elements reads them
  readsThroughViews,        // who reads a view reads its part of the storage
  readsThroughGetitem,      // also a piece of split, unbind …
  dtypeViews,               // also as bytes of another type
  mayAliasReaders,          // reshape, contiguous … may share memory with a storage that is written
  mayAliasBases,            // and need not share it with one that is to be written through them
  versions,                 // outside its window an update's result holds what its base held when it was fixed
  noOpScatters,             // a scatter that just goes holds its source's content in its window
  erasedCopies,             // a copy_ that is erased still reads, and hands on its source's content
  printedWrites,            // writes that the graph already holds
  ownWrites,                // an operator that reads, not element by element, what it writes itself
  elementByElement,         // pointwise is enough only for exactly the element that is written
  escapesIntoInputs, escapesIntoConstants, escapesIntoOutputs,   // an output would newly share memory
  pendingReads, pendingWrites,   // of collectives and non-blocking copies, until they are waited for
  storageOfResults,         // as_strided is relative to the storage of a result
  storageOfInputs,          // as_strided of an input may show what lies beside it
  conjugateBits,            // the same bytes, other values
  toldByCaller, toldByViews, toldByReshape, toldByStride, toldByOffset,   // who can tell strides and offset
  followedStrides,          // fresh results take over strides
  inputGuards,              // a written input may be the memory of another: checked when the graph runs
};
inline constexpr size_t kCheckCount = static_cast<size_t>(Check::inputGuards) + 1;

class Checks {
 public:
  /// All but these.
  static Checks without(std::initializer_list<Check> off) {
    Checks checks;
    for (const Check c : off) checks.off_.set(static_cast<size_t>(c));
    return checks;
  }
  bool all() const { return off_.none(); }
  bool on(Check check) const { return !off_[static_cast<size_t>(check)]; }

 private:
  std::bitset<kCheckCount> off_;
};

}  // namespace rewrites
