// The files that a pipeline's globs stand for, in a stable order.
#pragma once

#include "source/input_file.h"

#include <string>
#include <vector>

namespace freight {

struct ListedFile {
  InputFile file;
  FileStat stat;
};

// By name, each once. A glob that matches nothing, a directory, a pipe and anything else that cannot be read twice is
// refused at the glob's place. `places` may be shorter than `globs`; `pipeline_file` stands in.
Result<std::vector<ListedFile>> ListFiles(Env& env, const std::string& folder, const std::vector<std::string>& globs,
                                          const std::vector<Place>& places, const std::string& pipeline_file);

}  // namespace freight
