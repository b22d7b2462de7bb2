// Content identity of inputs: cursors only, no decoding.
#include "plan/read_ahead.h"

#include "base/hash.h"

namespace freight {
namespace {

Result<std::string> HashInput(const Plan& plan, const PlannedInput& input) {
  const InputFormat& format = *plan.pipeline.format;
  ARROW_ASSIGN_OR_RAISE(auto header, format.ReadHeader(input.file, plan.contract));
  CursorOptions options;
  options.morsel_bytes = plan.options.morsel_bytes;
  ARROW_ASSIGN_OR_RAISE(auto cursor, format.OpenCursor(input.file, header, header.data_begin, options));
  std::string chain;
  int32_t chunk = 0;
  int64_t morsels = 0;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(auto morsel, cursor->Next());
    morsels += morsel.has_value();
    const bool full = morsel.has_value() && morsels % plan.options.chunk_morsels == 0;
    if (full || (!morsel && (chunk == 0 || morsels % plan.options.chunk_morsels != 0))) {
      chain = ChainContentHash(chain, ChunkContentHash(header, chunk++, cursor->TakeContentHash()));
    }
    if (!morsel) return chain;
  }
}

}  // namespace

std::string ChunkContentHash(const InputHeader& header, int32_t chunk_index, const std::string& bytes_hash) {
  if (chunk_index > 0) return bytes_hash;
  std::string text = bytes_hash;
  for (const auto& name : header.names) text += fmt::format("|{}:{}", name.size(), name);
  return HashHex(text);
}

std::function<Result<std::string>(const InputVersion&)> ContentHasher(const Plan& plan) {
  return [&plan](const InputVersion& version) -> Result<std::string> {
    for (const auto& input : plan.inputs) {
      if (input.version.name == version.name) return HashInput(plan, input);
    }
    return Fail(Reaction::kFailed, "input \"{}\" is not listed", version.name);
  };
}

}  // namespace freight
