// Globs over any Env: one path part after the other, names matched by code points of UTF-8.
#include "io/env.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

namespace freight {
namespace {

bool HasWildcard(std::string_view part) { return part.find_first_of("*?[") != std::string_view::npos; }

// Bytes that are not UTF-8 count as code points of their own, above the last one of Unicode.
constexpr char32_t kRawByte = 0x110000;

// The code point at `at`, and moves past it.
char32_t NextCodePoint(std::string_view text, size_t* at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte((*at)++);
  const size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
  if (first < 0x80) return first;
  if (more == 0 || *at + more > text.size()) return kRawByte + first;
  char32_t point = first & (0x3fU >> more);
  for (size_t i = 0; i < more; ++i) {
    if ((byte(*at + i) & 0xc0) != 0x80) return kRawByte + first;
    point = (point << 6) | (byte(*at + i) & 0x3fU);
  }
  *at += more;
  return point;
}

// Matches `point` against the bracket at `*at` ("[a-z]", "[!x]", "[]]") and moves past it. A bracket that is never
// closed is a plain '['.
bool MatchBracket(std::string_view pattern, size_t* at, char32_t point) {
  const size_t after_open = *at + 1;
  size_t i = after_open;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  const size_t first = i;
  bool found = false;
  while (i < pattern.size() && (pattern[i] != ']' || i == first)) {
    const char32_t low = NextCodePoint(pattern, &i);
    char32_t high = low;
    if (i + 1 < pattern.size() && pattern[i] == '-' && pattern[i + 1] != ']') {
      ++i;
      high = NextCodePoint(pattern, &i);
    }
    found = found || (low <= point && point <= high);
  }
  const bool closed = i < pattern.size();
  *at = closed ? i + 1 : after_open;
  return closed ? found != negated : point == '[';
}

bool MatchOne(std::string_view pattern, size_t* p, std::string_view name, size_t* n) {
  if (*p >= pattern.size()) return false;
  const char32_t point = NextCodePoint(name, n);
  if (pattern[*p] == '[') return MatchBracket(pattern, p, point);
  const char32_t wanted = NextCodePoint(pattern, p);
  return wanted == '?' || wanted == point;
}

// A leading dot hides a name from every wildcard.
bool MatchName(std::string_view pattern, std::string_view name) {
  if (name.starts_with('.') && !pattern.starts_with('.')) return false;
  size_t p = 0;
  size_t n = 0;
  size_t star = std::string_view::npos;  // where to go on after the last '*', and the name's end of what it swallowed
  size_t swallowed = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      swallowed = n;
    } else if (!MatchOne(pattern, &p, name, &n)) {
      if (star == std::string_view::npos) return false;
      NextCodePoint(name, &swallowed);
      p = star;
      n = swallowed;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string> SplitParts(std::string_view pattern) {
  std::vector<std::string> parts;
  while (!pattern.empty()) {
    const size_t slash = std::min(pattern.find('/'), pattern.size());
    if (slash > 0) parts.emplace_back(pattern.substr(0, slash));
    pattern.remove_prefix(std::min(slash + 1, pattern.size()));
  }
  return parts;
}

bool IsNoMatch(const Status& status) {
  return ReactionOf(status) == Reaction::kNotFound || ErrnoOf(status) == ENOTDIR;
}

class Walk {
 public:
  Walk(Env& env, std::vector<std::string> parts) : env_(env), parts_(std::move(parts)) {}

  // Matches the parts from `next` on below `base`, which is "" for the current directory.
  Status From(const std::string& base, size_t next) {
    if (next == parts_.size()) return AddFile(base);
    const std::string& part = parts_[next];
    if (part == "**") return AnyDepth(base, next);
    if (!HasWildcard(part)) return From(JoinPath(base, part), next + 1);
    ARROW_ASSIGN_OR_RAISE(const auto names, Names(base));
    for (const std::string& name : names) {
      if (MatchName(part, name)) ARROW_RETURN_NOT_OK(From(JoinPath(base, name), next + 1));
    }
    return Status::OK();
  }

  std::vector<std::string> Found() const { return {found_.begin(), found_.end()}; }

 private:
  using DirectoryId = std::pair<uint64_t, uint64_t>;

  // "**" stands for no directory, and for each one below; as the last part it stands for each file below.
  Status AnyDepth(const std::string& base, size_t next) {
    const bool last = next + 1 == parts_.size();
    if (!last) ARROW_RETURN_NOT_OK(From(base, next + 1));
    ARROW_ASSIGN_OR_RAISE(const auto names, Names(base));
    for (const std::string& name : names) {
      if (name.starts_with('.')) continue;
      const std::string path = JoinPath(base, name);
      const auto stat = env_.Stat(path);
      if (!stat.ok() || stat->kind != FileKind::kDirectory) {
        if (last) ARROW_RETURN_NOT_OK(AddFile(path));
        continue;
      }
      // A symbolic link may lead back to a directory that we are in.
      const DirectoryId id{stat->device, stat->inode};
      if (!inside_.insert(id).second) continue;
      ARROW_RETURN_NOT_OK(AnyDepth(path, next));
      inside_.erase(id);
    }
    return Status::OK();
  }

  // A name that the listing showed and that leads nowhere (a dangling link) is found: reading it says what is wrong.
  Status AddFile(const std::string& path) {
    const auto stat = env_.Stat(path);
    const bool directory = stat.ok() && stat->kind == FileKind::kDirectory;
    const bool listed = HasWildcard(parts_.back());
    const bool absent = !stat.ok() && IsNoMatch(stat.status());
    if (directory && listed) return Status::OK();
    if (absent && !listed) return Status::OK();
    if (!stat.ok() && !absent) return stat.status();
    found_.insert(path);
    return Status::OK();
  }

  Result<std::vector<std::string>> Names(const std::string& directory) {
    auto names = env_.List(directory.empty() ? "." : directory);
    if (!names.ok() && IsNoMatch(names.status())) return std::vector<std::string>{};
    return names;
  }

  Env& env_;
  const std::vector<std::string> parts_;
  std::set<DirectoryId> inside_;
  std::set<std::string> found_;
};

}  // namespace

Result<std::vector<std::string>> Glob(Env& env, const std::string& pattern) {
  if (!HasWildcard(pattern)) {
    const auto stat = env.Stat(pattern);
    if (stat.ok()) return std::vector<std::string>{pattern};
    if (IsNoMatch(stat.status())) return std::vector<std::string>{};
    return stat.status();
  }
  Walk walk(env, SplitParts(pattern));
  ARROW_RETURN_NOT_OK(walk.From(pattern.starts_with('/') ? "/" : "", 0));
  return walk.Found();
}

}  // namespace freight
