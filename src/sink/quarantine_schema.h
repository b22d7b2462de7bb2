// The columns of a quarantine file, version 1; the one place that names them (docs/formats/quarantine.md).
#pragma once

#include <arrow/type_fwd.h>

#include <memory>

namespace freight {

enum QuarantineColumn : int { kInput, kLine, kRowGroup, kByteOffset, kByteLength, kRunId, kChunk, kRaw, kFailures };
enum FailureField : int { kFailureColumn, kFailureRule, kFailureReason, kFailureExpected, kFailurePath };

std::shared_ptr<arrow::Schema> QuarantineSchema();
// Footer metadata: the version of this layout.
inline constexpr const char* kQuarantineVersionKey = "freight.quarantine_version";
inline constexpr const char* kQuarantineVersion = "1";

}  // namespace freight
