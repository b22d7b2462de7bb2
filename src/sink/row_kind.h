// How the two sides of row_bytes.h see a column type.
#pragma once

#include "base/status.h"

#include <arrow/type.h>

#include <cstdint>

namespace freight {

enum class RowKind : uint8_t { kFixed1, kFixed2, kFixed4, kFixed8, kFixed16, kBool, kBytes, kStruct, kList };

inline constexpr int64_t kSliceRowsMax = UINT16_MAX;

inline RowKind RowKindOf(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL: return RowKind::kBool;
    case arrow::Type::STRING:
    case arrow::Type::BINARY: return RowKind::kBytes;
    case arrow::Type::STRUCT: return RowKind::kStruct;
    case arrow::Type::LIST: return RowKind::kList;
    default: break;
  }
  switch (type.byte_width()) {
    case 1: return RowKind::kFixed1;
    case 2: return RowKind::kFixed2;
    case 4: return RowKind::kFixed4;
    case 8: return RowKind::kFixed8;
    case 16: return RowKind::kFixed16;
    default: FREIGHT_ASSERT(false);
  }
}

// What the distances of numbers are counted in.
inline constexpr uint64_t kRowUnits[] = {1, 1000, 1'000'000};

// The first byte of numbers.
struct NumberForm {
  int base_bytes, width, unit;  // up to 8, 8, 2
  uint8_t Byte() const { return static_cast<uint8_t>(base_bytes + 9 * (width + 9 * unit)); }
  // The unit is 3 when there is no such form.
  static NumberForm Of(uint8_t byte) { return {byte % 9, byte / 9 % 9, byte / 81}; }
};

// 0 when it depends on the row.
inline int64_t RowWidth(RowKind kind) {
  switch (kind) {
    case RowKind::kBool:
    case RowKind::kFixed1: return 1;
    case RowKind::kFixed2: return 2;
    case RowKind::kFixed4: return 4;
    case RowKind::kFixed8: return 8;
    case RowKind::kFixed16: return 16;
    default: return 0;
  }
}

}  // namespace freight
