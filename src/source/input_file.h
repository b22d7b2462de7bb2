// One input file of a run: where it is, and what messages and manifests call it.
#pragma once

#include "io/byte_stream.h"
#include "io/env.h"

#include <string>

namespace freight {

struct InputFile {
  Env* env = nullptr;
  std::string path;  // to open
  std::string name;  // relative to the pipeline file: its identity

  Result<std::unique_ptr<ByteStream>> Open(const DecodeOptions& options = {}) const {
    return OpenByteStream(*env, path, options);
  }
};

}  // namespace freight
