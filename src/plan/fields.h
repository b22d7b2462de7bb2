// The keys of a pipeline file, component by component. The keys of a source stand with its format.
#pragma once

#include "spec/field_table.h"

namespace freight {

const Shape& PipelineShape();
const Shape& QuarantineShape();
const Shape& GateShape();        // one item of gates
const Shape& RowCountShape();
const Shape& TargetShape();      // to: parquet
const Shape& LimitsShape();

inline constexpr double kMemoryBytesMin = 32 << 20;

}  // namespace freight
