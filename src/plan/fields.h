// The keys of a pipeline file, component by component. Every key that Freight knows stands here and nowhere else.
#pragma once

#include "spec/field_table.h"

namespace freight {

const Shape& PipelineShape();
const Shape& SourceShape();      // source: csv and its dialect
const Shape& QuarantineShape();
const Shape& GateShape();        // one item of gates
const Shape& RowCountShape();
const Shape& TargetShape();      // to: parquet
const Shape& LimitsShape();

inline constexpr double kMemoryBytesMin = 32 << 20;

}  // namespace freight
