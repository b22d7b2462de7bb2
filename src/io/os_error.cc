// Wording of system errors; see os_error.h.
#include "io/os_error.h"

#include "io/env.h"

#include <cctype>
#include <cerrno>
#include <cstring>

namespace freight {
namespace {

std::string HelpFor(int os_error) {
  switch (os_error) {
    case ENOENT: return "check the path and how it is spelled";
    case EACCES:
    case EPERM: return "give this user the right to it, or run as a user that has it";
    case ENOSPC: return "free space on the target's file system; the run can be resumed";
    case EDQUOT: return "free space within this user's quota; the run can be resumed";
    case EFBIG: return "raise the limit of the size of files (ulimit -f), or name a target that takes large files";
    case EROFS: return "the file system is mounted read-only; name another target";
    case EISDIR: return "name a file, or the files in this directory with a glob";
    case ENOTDIR: return "a part of the path is a file; name a directory";
    case EMFILE:
    case ENFILE: return "raise the limit of open files (ulimit -n)";
    case ENAMETOOLONG: return "shorten the name; most file systems take 255 bytes per part";
    case ELOOP: return "a symbolic link points to itself; replace it";
    case EIO: return "the device failed; look at the kernel log before trying again";
    case ESTALE: return "the network file system lost the file; try again";
    default: return "";
  }
}

Status Build(int os_error, std::string message) {
  const Reaction reaction = os_error == ENOENT ? Reaction::kNotFound : Reaction::kFailed;
  return ErrorBuilder(reaction, std::move(message)).Help(HelpFor(os_error)).Errno(os_error);
}

}  // namespace

Status OsError(int os_error, std::string_view action, const std::string& path) {
  return Build(os_error, fmt::format("cannot {} \"{}\": {}", action, path, OsReason(os_error)));
}

Status OsError(int os_error, std::string_view action, const std::string& from, const std::string& to) {
  return Build(os_error, fmt::format("cannot {} \"{}\" to \"{}\": {}", action, from, to, OsReason(os_error)));
}

std::string OsReason(int os_error) {
  const char* text = strerrordesc_np(os_error);
  if (text == nullptr) return fmt::format("system error {}", os_error);
  std::string reason = text;
  // "No space", but not "RPC": an abbreviation keeps its case.
  if (reason.size() > 1 && std::islower(static_cast<unsigned char>(reason[1])) != 0) {
    reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  }
  return reason;
}

int CheckPath(const std::string& path) {
  if (path.empty()) return ENOENT;
  return path.find('\0') == std::string::npos ? 0 : EINVAL;
}

int ErrnoOf(const Status& status) {
  const ErrorDetail* detail = DetailOf(status);
  return detail == nullptr ? 0 : detail->os_error;
}

}  // namespace freight
