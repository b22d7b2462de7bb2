// Turns an errno into our Status: one wording for every Env, with a next step for the common ones.
#pragma once

#include "base/status.h"

#include <string>
#include <string_view>

namespace freight {

// `cannot <action> "<path>": <reason>`, reaction kNotFound for ENOENT, else kFailed; carries `os_error`.
Status OsError(int os_error, std::string_view action, const std::string& path);
// The same for a call that names two paths.
Status OsError(int os_error, std::string_view action, const std::string& from, const std::string& to);
// The system's reason in lower case.
std::string OsReason(int os_error);
// The errno for what no system takes as a path (empty, or a NUL byte inside), else 0.
int CheckPath(const std::string& path);

}  // namespace freight
