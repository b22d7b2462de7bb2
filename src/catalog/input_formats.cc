// A format comes in by one include and one line of kFormats.
#include "catalog/input_formats.h"

#include "format/csv_format.h"
#include "format/ndjson_format.h"
#include "format/parquet_format.h"

#include <array>

namespace freight {
namespace {

constexpr std::array kFormats = {
    &kCsvFormat,
    &kNdjsonFormat,
    &kParquetFormat,
};

const auto kShapes = [] {
  std::array<const Shape*, kFormats.size()> shapes;
  for (size_t i = 0; i < shapes.size(); ++i) shapes[i] = &kFormats[i]->shape;
  return shapes;
}();

}  // namespace

std::span<const InputFormatDef* const> InputFormats() { return kFormats; }

std::span<const Shape* const> InputFormatShapes() { return kShapes; }

const InputFormatDef& InputFormatOf(const YamlNode* source) {
  for (const InputFormatDef* def : kFormats) {
    if (source && source->kind == YamlNode::Kind::kMap && source->Find(def->key())) return *def;
  }
  return *kFormats[0];
}

}  // namespace freight
