// How a cursor asks the budget for its next morsel.
#pragma once

#include "format/input_format.h"

#include <algorithm>

namespace freight {

inline constexpr const char* kMorselBudgetPart = "morsels";

// Archives are decompressed ahead into what a morsel leaves of the budget.
inline DecodeOptions DecodeAhead(const CursorOptions& options) {
  return {options.decode_threads, options.budget, options.charge_factor * options.morsel_bytes};
}

inline std::shared_ptr<PageLender> TextLender(const CursorOptions& options) {
  return options.texts ? options.texts : std::make_shared<PageLender>(MorselTextBytes(options.morsel_bytes));
}

// Waits until a morsel and what is made of it fit. Without a budget: an empty charge.
inline Result<Charge> AdmitMorsel(const CursorOptions& options) {
  Charge charge;
  if (options.budget != nullptr) {
    charge =
        options.budget->Admit(kMorselBudgetPart, options.charge_factor * options.morsel_bytes, options.cancelled);
  }
  if (options.cancelled && options.cancelled()) return Fail(Reaction::kStopped, "stopped while reading");
  return charge;
}

// A morsel whose first record did not fit pays for what it has become.
inline void ChargeGrownMorsel(const CursorOptions& options, Morsel* morsel) {
  const auto grown = static_cast<int64_t>(morsel->text.capacity());
  if (grown > 2 * options.morsel_bytes) morsel->charge.Resize(options.charge_factor * grown);
}

}  // namespace freight
