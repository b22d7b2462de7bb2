// What archive_pieces.cc takes from the cutter of xz files.
#pragma once

#include "io/archive_pieces.h"

#include <memory>

namespace freight {

// Reads the indexes at the file's end. Damaged ones give a cutter without pieces.
Result<std::unique_ptr<PieceCutter>> CutXz(std::unique_ptr<ReadableFile> file);

}  // namespace freight
