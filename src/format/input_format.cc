// What an input format is taken to be unless it says otherwise.
#include "format/input_format.h"

namespace freight {

Status InputFormat::CheckContract(const Contract& contract) const {
  for (const Column& column : contract.columns) {
    if (!column.type.nested()) continue;
    return Fail(Reaction::kInvalid, "column \"{}\" is an {}, and the source has no nested values", column.name,
                column.type.ToString())
        .At(column.place)
        .Help("declare it as a string, or leave it out");
  }
  return Status::OK();
}

}  // namespace freight
