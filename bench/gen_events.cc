// freight_gen: writes seeded CSV files of events, and a JSON manifest with the generator's own figures about them.
//
// Readers are checked against the manifest: nothing in it comes from reading a file back.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr const char* kUsage =
    "usage: freight_gen --out PATH [--bytes N | --rows N] [--seed N] [--bad-percent P] [--files N] [--manifest JSON]\n"
    "  PATH is a file, or with --files a directory that gets events-000.csv, events-001.csv, ...\n";
constexpr int64_t kDays = 69;
constexpr int64_t kFirstDay = 20601;       // 2026-05-28, in days since 1970-01-01
constexpr int64_t kUsers = 5'000'000;
constexpr double kBytesPerRow = 60.42;     // measured; places rows on the time axis when --bytes decides their number
constexpr size_t kBufferBytes = 4 << 20;

constexpr std::string_view kTypes[] = {"view",  "click",  "search", "cart",  "purchase", "refund",
                                       "login", "logout", "share",  "review", "wishlist", "support"};
constexpr std::string_view kWords[] = {"fine",  "fast", "late",  "blue", "box",   "good",  "price", "again",
                                       "never", "love", "small", "ok",   "slow",  "crème", "naïve", "return",
                                       "gift",  "size", "not",   "very", "daily", "order", "great", "broken"};

enum Bad { kUserNotInt, kUserMissing, kTimeNoDate, kTypeUnknown, kAmountInexact, kAmountBelow, kFew, kMany, kStray,
           kTwoRules, kBadKinds };
struct Rule { const char* column; const char* rule; const char* reason; };
// What a reader must say about each kind of bad row, in column order; column "" is the record as a whole.
const std::vector<Rule> kRules[kBadKinds] = {
    {{"user_id", "type", "not_of_type"}},
    {{"user_id", "required", "missing"}},
    {{"event_time", "type", "out_of_range"}},
    {{"event_type", "validValues", "not_in_set"}},
    {{"amount", "type", "inexact"}},
    {{"amount", "minimum", "below_minimum"}},
    {{"", "fields", "too_few_fields"}},
    {{"", "fields", "too_many_fields"}},
    {{"", "quoting", "stray_quote"}},
    {{"user_id", "type", "not_of_type"}, {"amount", "type", "inexact"}},
};

struct Options {
  std::string out, manifest;
  int64_t bytes = 0, rows = 0, files = 0;
  uint64_t seed = 1;
  double bad_percent = 0;
};

// splitmix64: the same numbers everywhere, unlike the distributions of <random>.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  int64_t Below(int64_t n) {
    return static_cast<int64_t>((static_cast<unsigned __int128>(Next()) * static_cast<uint64_t>(n)) >> 64);
  }

 private:
  uint64_t state_;
};

struct Figures {
  int64_t bytes = 0, rows = 0, good = 0, bad = 0;
  int64_t user_sum = 0, amount_cents = 0, amount_nulls = 0, comment_nulls = 0, comment_bytes = 0;
  std::string time_min, time_max;
  std::map<std::string, int64_t> per_day;
  int64_t per_type[std::size(kTypes)] = {};
  int64_t per_bad[kBadKinds] = {};
  std::vector<int64_t> rows_per_file;
};

[[noreturn]] void Die(const std::string& message) {
  std::fprintf(stderr, "freight_gen: %s\n%s", message.c_str(), kUsage);
  std::exit(2);
}

void AppendInt(std::string& out, int64_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr - digits);
}

void AppendPadded(std::string& out, int64_t value, int width) {
  const size_t end = out.size() + width;
  out.append(width, '0');
  for (size_t i = end; value > 0; value /= 10) out[--i] = static_cast<char>('0' + value % 10);
}

void AppendCents(std::string& out, int64_t cents) {
  AppendInt(out, cents / 100);
  out += '.';
  AppendPadded(out, cents % 100, 2);
}

// "YYYY-MM-DD" by Hinnant's civil-from-days.
std::string DayText(int64_t days) {
  const int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
  const int64_t month = mp < 10 ? mp + 3 : mp - 9;
  std::string text;
  AppendPadded(text, yoe + era * 400 + (month <= 2), 4);
  text += '-';
  AppendPadded(text, month, 2);
  text += '-';
  AppendPadded(text, doy - (153 * mp + 2) / 5 + 1, 2);
  return text;
}

// One value of the comment column: its text in the file and the length of what it means.
class Comments {
 public:
  void Append(std::string& out, Random& random, Figures* figures) {
    const int64_t kind = random.Below(400);
    if (kind < 100) {
      ++figures->comment_nulls;
      return;
    }
    text_.clear();
    for (int64_t words = 1 + random.Below(7); words > 0; --words) {
      text_ += kWords[random.Below(std::size(kWords))];
      if (words > 1) text_ += ' ';
    }
    if (kind >= 200) {
      out += text_;
    } else {
      Decorate(kind - 100);
      AppendQuoted(out);
    }
    figures->comment_bytes += static_cast<int64_t>(text_.size());
  }

 private:
  // Of 100 quoted values 10 hold a newline, 50 a pair of quotes, the rest commas only.
  void Decorate(int64_t kind) {
    if (kind < 10) text_ += "\nsecond line";
    else if (kind < 60) text_ += ", \"sic\"";
    else text_ += ", again";
  }
  void AppendQuoted(std::string& out) const {
    out += '"';
    for (char c : text_) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
  std::string text_;
};

class Generator {
 public:
  explicit Generator(const Options& options) : options_(options), random_(options.seed) {
    const double rows = options.rows > 0 ? static_cast<double>(options.rows) : options.bytes / kBytesPerRow;
    seconds_per_row_ = kDays * 86400.0 / (rows < 1 ? 1 : rows);
    bad_below_ = static_cast<uint64_t>(options.bad_percent / 100 * 18446744073709549568.0);
    for (int64_t day = 0; day <= kDays; ++day) days_.push_back(DayText(kFirstDay + day));
  }

  void AppendRow(std::string& out) {
    const bool bad = random_.Next() < bad_below_;
    const int kind = static_cast<int>(random_.Below(kBadKinds));
    const int64_t user = 1 + random_.Below(kUsers);
    const int64_t type = random_.Below(std::size(kTypes));
    const int64_t cents = random_.Below(200) == 0 ? -1 : random_.Below(random_.Below(10) == 0 ? 1'000'000 : 20'000);
    const int64_t second = static_cast<int64_t>(figures_.rows * seconds_per_row_) + random_.Below(3);
    ++figures_.rows;
    if (bad) {
      AppendBad(out, static_cast<Bad>(kind), user, second, type, cents < 0 ? 0 : cents);
    } else {
      AppendGood(out, user, second, type, cents);
    }
    out += '\n';
  }
  Figures& figures() { return figures_; }

 private:
  void AppendGood(std::string& out, int64_t user, int64_t second, int64_t type, int64_t cents) {
    AppendInt(out, user);
    out += ',';
    AppendTime(out, second);
    NoteTime(std::string_view(out).substr(out.size() - 19), second);
    out += ',';
    out += kTypes[type];
    out += ',';
    if (cents >= 0) AppendCents(out, cents);
    out += ',';
    comments_.Append(out, random_, &figures_);
    ++figures_.good;
    ++figures_.per_type[type];
    figures_.user_sum += user;
    figures_.amount_cents += cents < 0 ? 0 : cents;
    figures_.amount_nulls += cents < 0;
  }

  void AppendBad(std::string& out, Bad kind, int64_t user, int64_t second, int64_t type, int64_t cents) {
    ++figures_.bad;
    ++figures_.per_bad[kind];
    if (kind == kUserNotInt || kind == kTwoRules) out += "unknown";
    else if (kind != kUserMissing) AppendInt(out, user);
    out += ',';
    if (kind == kTimeNoDate) out += "2026-02-30 12:00:00";
    else AppendTime(out, second);
    if (kind == kFew) return;
    out += ',';
    out += kind == kTypeUnknown ? std::string_view("teleport") : kTypes[type];
    out += ',';
    if (kind == kAmountBelow) out += "-0.01";
    else AppendCents(out, cents);
    if (kind == kAmountInexact || kind == kTwoRules) out += '5';
    out += kind == kStray ? ",a 5\" screen" : ",";
    if (kind == kMany) out += ",one too many";
  }

  void AppendTime(std::string& out, int64_t second) {
    out += days_[std::min<int64_t>(second / 86400, kDays)];
    const int64_t rest = second % 86400;
    char clock[] = " 00:00:00";
    for (auto [at, value] : {std::pair{1, rest / 3600}, {4, rest / 60 % 60}, {7, rest % 60}}) {
      clock[at] = static_cast<char>('0' + value / 10);
      clock[at + 1] = static_cast<char>('0' + value % 10);
    }
    out.append(clock, 9);
  }

  void NoteTime(std::string_view time, int64_t second) {
    if (figures_.time_min.empty() || time < figures_.time_min) figures_.time_min = time;
    if (time > figures_.time_max) figures_.time_max = time;
    if (second / 86400 != day_) {
      day_ = second / 86400;
      day_rows_ = &figures_.per_day[days_[std::min<int64_t>(day_, kDays)]];
    }
    ++*day_rows_;
  }

  const Options& options_;
  Random random_;
  Comments comments_;
  Figures figures_;
  std::vector<std::string> days_;
  double seconds_per_row_ = 0;
  uint64_t bad_below_ = 0;
  int64_t day_ = -1;
  int64_t* day_rows_ = nullptr;
};

void WriteAll(std::FILE* file, std::string& buffer, Figures* figures) {
  if (std::fwrite(buffer.data(), 1, buffer.size(), file) != buffer.size()) {
    Die(std::string("write: ") + std::strerror(errno));
  }
  figures->bytes += static_cast<int64_t>(buffer.size());
  buffer.clear();
}

// Writes rows until the file's share of the total is reached.
void WriteFile(Generator& generator, const std::string& path, int64_t rows_end, int64_t bytes_end) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) Die(path + ": " + std::strerror(errno));
  Figures& figures = generator.figures();
  const int64_t rows_before = figures.rows;
  std::string buffer = "user_id,event_time,event_type,amount,comment\n";
  buffer.reserve(kBufferBytes + 4096);
  while (figures.rows < rows_end && figures.bytes + static_cast<int64_t>(buffer.size()) < bytes_end) {
    generator.AppendRow(buffer);
    if (buffer.size() >= kBufferBytes) WriteAll(file, buffer, &figures);
  }
  WriteAll(file, buffer, &figures);
  if (std::fclose(file) != 0) Die(path + ": " + std::strerror(errno));
  figures.rows_per_file.push_back(figures.rows - rows_before);
}

template <typename Map>
std::string JsonCounts(const Map& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    text += (text.empty() ? "\"" : ", \"") + std::string(name) + "\": " + std::to_string(count);
  }
  return "{" + text + "}";
}

std::string JsonFigures(const Figures& f, const Options& options) {
  std::map<std::string, int64_t> types, rules;
  for (size_t i = 0; i < std::size(kTypes); ++i) types[std::string(kTypes[i])] = f.per_type[i];
  for (int kind = 0; kind < kBadKinds; ++kind) {
    for (const Rule& r : kRules[kind]) {
      if (f.per_bad[kind] > 0) rules[std::string(r.column) + ":" + r.rule + ":" + r.reason] += f.per_bad[kind];
    }
  }
  std::string files;
  for (int64_t rows : f.rows_per_file) files += (files.empty() ? "" : ", ") + std::to_string(rows);
  auto line = [](const char* key, int64_t value) {
    return std::string("  \"") + key + "\": " + std::to_string(value) + ",\n";
  };
  return "{\n" + line("seed", static_cast<int64_t>(options.seed)) + line("bytes", f.bytes) + line("rows", f.rows) +
         line("rows_good", f.good) + line("rows_bad", f.bad) + line("user_id_sum", f.user_sum) +
         line("amount_cents_sum", f.amount_cents) + line("amount_nulls", f.amount_nulls) +
         line("comment_nulls", f.comment_nulls) + line("comment_bytes", f.comment_bytes) + "  \"event_time_min\": \"" +
         f.time_min + "\",\n  \"event_time_max\": \"" + f.time_max + "\",\n  \"rows_per_file\": [" + files +
         "],\n  \"rows_per_type\": " + JsonCounts(types) + ",\n  \"rows_per_day\": " + JsonCounts(f.per_day) +
         ",\n  \"bad_by_rule\": " + JsonCounts(rules) + "\n}\n";
}

int64_t ParseNumber(const std::string& key, const char* text) {
  int64_t value = 0;
  const char* end = text + std::strlen(text);
  if (std::from_chars(text, end, value).ptr != end || value < 0) Die(key + " takes a whole number");
  return value;
}

Options ParseOptions(int argc, char** argv) {
  Options o;
  for (int i = 1; i < argc; i += 2) {
    const std::string key = argv[i];
    if (i + 1 == argc) Die(key + " needs a value");
    const char* value = argv[i + 1];
    if (key == "--out") o.out = value;
    else if (key == "--manifest") o.manifest = value;
    else if (key == "--bytes") o.bytes = ParseNumber(key, value);
    else if (key == "--rows") o.rows = ParseNumber(key, value);
    else if (key == "--files") o.files = ParseNumber(key, value);
    else if (key == "--seed") o.seed = static_cast<uint64_t>(ParseNumber(key, value));
    else if (key == "--bad-percent") o.bad_percent = std::atof(value);
    else Die("no option " + key);
  }
  if (o.out.empty()) Die("--out is needed");
  if ((o.bytes > 0) == (o.rows > 0)) Die("either --bytes or --rows is needed");
  return o;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = ParseOptions(argc, argv);
  Generator generator(options);
  const int64_t files = options.files > 0 ? options.files : 1;
  if (options.files > 0) std::filesystem::create_directories(options.out);
  for (int64_t i = 0; i < files; ++i) {
    std::string path = options.out;
    if (options.files > 0) {
      path += "/events-";
      AppendPadded(path, i, 3);
      path += ".csv";
    }
    const int64_t rows_end = options.rows > 0 ? options.rows * (i + 1) / files : INT64_MAX;
    const int64_t bytes_end = options.bytes > 0 ? options.bytes * (i + 1) / files : INT64_MAX;
    WriteFile(generator, path, rows_end, bytes_end);
  }
  const std::string json = JsonFigures(generator.figures(), options);
  if (options.manifest.empty()) return 0;
  std::FILE* file = std::fopen(options.manifest.c_str(), "wb");
  if (file == nullptr || std::fwrite(json.data(), 1, json.size(), file) != json.size() || std::fclose(file) != 0) {
    Die(options.manifest + ": " + std::strerror(errno));
  }
  return 0;
}
