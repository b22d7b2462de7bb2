// Gather kernels: one loop per width.
#include "sink/partition_gather.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace freight {
namespace {

using arrow::bit_util::GetBit;
using Buffer = std::shared_ptr<arrow::Buffer>;

// Strings up to this long are copied with one fixed-size move.
constexpr int32_t kShortCopy = 48;

Result<Buffer> GatherBits(const uint8_t* in, int64_t offset, std::span<const int32_t> rows, arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(auto out, arrow::AllocateEmptyBitmap(static_cast<int64_t>(rows.size()), pool));
  uint8_t* bits = out->mutable_data();
  for (size_t begin = 0; begin < rows.size(); begin += 8) {
    unsigned byte = 0;
    const size_t count = std::min<size_t>(8, rows.size() - begin);
    for (size_t i = 0; i < count; ++i) byte |= unsigned{GetBit(in, offset + rows[begin + i])} << i;
    bits[begin / 8] = static_cast<uint8_t>(byte);
  }
  return out;
}

template <size_t kWidth>
void GatherFixed(const uint8_t* in, std::span<const int32_t> rows, uint8_t* out) {
  for (size_t i = 0; i < rows.size(); ++i) {
    std::memcpy(out + i * kWidth, in + static_cast<size_t>(rows[i]) * kWidth, kWidth);
  }
}

Result<Buffer> GatherValues(const arrow::ArrayData& data, int width, std::span<const int32_t> rows,
                            arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(Buffer buffer, arrow::AllocateBuffer(static_cast<int64_t>(rows.size()) * width, pool));
  const uint8_t* in = data.buffers[1]->data() + data.offset * width;
  uint8_t* out = buffer->mutable_data();
  switch (width) {
    case 1: GatherFixed<1>(in, rows, out); break;
    case 2: GatherFixed<2>(in, rows, out); break;
    case 4: GatherFixed<4>(in, rows, out); break;
    case 8: GatherFixed<8>(in, rows, out); break;
    case 16: GatherFixed<16>(in, rows, out); break;
    default: FREIGHT_ASSERT(false);
  }
  return buffer;
}

Status GatherStrings(const arrow::ArrayData& data, std::span<const int32_t> rows, arrow::MemoryPool* pool,
                     arrow::ArrayData* out) {
  const auto* offsets = data.GetValues<int32_t>(1);
  ARROW_ASSIGN_OR_RAISE(Buffer new_offsets,
                        arrow::AllocateBuffer(static_cast<int64_t>((rows.size() + 1) * sizeof(int32_t)), pool));
  auto* ends = reinterpret_cast<int32_t*>(new_offsets->mutable_data());
  ends[0] = 0;
  for (size_t i = 0; i < rows.size(); ++i) ends[i + 1] = ends[i] + offsets[rows[i] + 1] - offsets[rows[i]];
  ARROW_ASSIGN_OR_RAISE(Buffer bytes, arrow::AllocateBuffer(ends[rows.size()], pool));
  const uint8_t* in = data.buffers[2] ? data.buffers[2]->data() : nullptr;
  uint8_t* to = bytes->mutable_data();
  const int32_t in_bytes = in == nullptr ? 0 : static_cast<int32_t>(data.buffers[2]->size());
  const int32_t out_bytes = ends[rows.size()];
  for (size_t i = 0; i < rows.size(); ++i) {
    const int32_t from = offsets[rows[i]];
    const int32_t length = ends[i + 1] - ends[i];
    if (length <= kShortCopy && from + kShortCopy <= in_bytes && ends[i] + kShortCopy <= out_bytes) {
      std::memcpy(to + ends[i], in + from, kShortCopy);  // what is too much is overwritten by the next one
    } else if (length > 0) {
      std::memcpy(to + ends[i], in + from, static_cast<size_t>(length));
    }
  }
  out->buffers.push_back(std::move(new_offsets));
  out->buffers.push_back(std::move(bytes));
  return Status::OK();
}

Status GatherFields(const arrow::StructArray& array, std::span<const int32_t> rows, arrow::MemoryPool* pool,
                    arrow::ArrayData* out) {
  for (int i = 0; i < array.num_fields(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto child, GatherRows(*array.field(i), rows, pool));
    out->child_data.push_back(child->data());
  }
  return Status::OK();
}

Status GatherItems(const arrow::ListArray& array, std::span<const int32_t> rows, arrow::MemoryPool* pool,
                   arrow::ArrayData* out) {
  ARROW_ASSIGN_OR_RAISE(Buffer offsets,
                        arrow::AllocateBuffer(static_cast<int64_t>((rows.size() + 1) * sizeof(int32_t)), pool));
  auto* ends = reinterpret_cast<int32_t*>(offsets->mutable_data());
  std::vector<int32_t> items;
  ends[0] = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const int32_t begin = array.value_offset(rows[i]);
    const int32_t count = array.IsNull(rows[i]) ? 0 : array.value_length(rows[i]);
    for (int32_t item = 0; item < count; ++item) items.push_back(begin + item);
    ends[i + 1] = ends[i] + count;
  }
  out->buffers.push_back(std::move(offsets));
  ARROW_ASSIGN_OR_RAISE(auto values, GatherRows(*array.values(), items, pool));
  out->child_data.push_back(values->data());
  return Status::OK();
}

}  // namespace

Result<std::shared_ptr<arrow::Array>> GatherRows(const arrow::Array& array, std::span<const int32_t> rows,
                                                 arrow::MemoryPool* pool) {
  const arrow::ArrayData& data = *array.data();
  auto out = std::make_shared<arrow::ArrayData>(data.type, static_cast<int64_t>(rows.size()), arrow::kUnknownNullCount);
  Buffer validity;
  if (array.null_count() > 0) {
    ARROW_ASSIGN_OR_RAISE(validity, GatherBits(data.buffers[0]->data(), data.offset, rows, pool));
  } else {
    out->null_count = 0;
  }
  out->buffers.push_back(std::move(validity));
  if (data.type->id() == arrow::Type::STRING || data.type->id() == arrow::Type::BINARY) {
    ARROW_RETURN_NOT_OK(GatherStrings(data, rows, pool, out.get()));
    return arrow::MakeArray(out);
  }
  if (data.type->id() == arrow::Type::STRUCT) {
    ARROW_RETURN_NOT_OK(GatherFields(static_cast<const arrow::StructArray&>(array), rows, pool, out.get()));
    return arrow::MakeArray(out);
  }
  if (data.type->id() == arrow::Type::LIST) {
    ARROW_RETURN_NOT_OK(GatherItems(static_cast<const arrow::ListArray&>(array), rows, pool, out.get()));
    return arrow::MakeArray(out);
  }
  Buffer values;
  if (data.type->id() == arrow::Type::BOOL) {
    ARROW_ASSIGN_OR_RAISE(values, GatherBits(data.buffers[1]->data(), data.offset, rows, pool));
  } else {
    ARROW_ASSIGN_OR_RAISE(values, GatherValues(data, data.type->byte_width(), rows, pool));
  }
  out->buffers.push_back(std::move(values));
  out->dictionary = data.dictionary;
  return arrow::MakeArray(out);
}

}  // namespace freight
