// freight_gen: writes seeded files of events, and a JSON manifest with the generator's own figures about them.
//
// Readers are checked against the manifest: nothing in it comes from reading a file back.
#include "gen_common.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace gen;

constexpr const char* kUsage =
    "usage: freight_gen --out PATH [--bytes N | --rows N] [--seed N] [--format csv|ndjson] [--bad-percent P]\n"
    "                   [--bad-reason WORD] [--block-lines MAX] [--files N] [--manifest JSON]\n"
    "  PATH is a file, or with --files a directory that gets events-000.csv, events-001.csv, ...\n"
    "  --block-lines: the comment of every 21st row holds MAX/100 to MAX lines (10 at least) that look like rows\n"
    "  --bad-reason:  bad rows are only those that a reader must refuse for this reason\n";
constexpr int64_t kDays = 69;
constexpr int64_t kFirstDay = 20601;       // 2026-05-28, in days since 1970-01-01
constexpr int64_t kUsers = 5'000'000;
// Measured; they place rows on the time axis when --bytes decides their number.
constexpr double kCsvBytesPerRow = 60.42, kJsonBytesPerRow = 123.5, kBlockBytesPerLine = 48.0;
constexpr int64_t kBlockEvery = 21;
constexpr int64_t kBlockLinesMin = 10;

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
  bool json = false;
  std::string bad_reason;
  int64_t block_lines = 0;  // at most, in the comment of every 21st row; 0: no such comments
};

bool IsQuotedBlock(int64_t row, const Options& options) { return options.block_lines > 0 && row % kBlockEvery == 0; }

double BytesPerRow(const Options& o) {
  const double row = o.json ? kJsonBytesPerRow : kCsvBytesPerRow;
  if (o.block_lines == 0) return row;
  const double least = std::max<double>(kBlockLinesMin, o.block_lines / 100.0), most = o.block_lines;
  return row + kBlockBytesPerLine * (most - least) / std::log(most / least) / kBlockEvery;
}

struct Figures {
  int64_t bytes = 0, rows = 0, good = 0, bad = 0;
  int64_t user_sum = 0, amount_cents = 0, amount_nulls = 0, comment_nulls = 0, comment_bytes = 0;
  std::string time_min, time_max;
  std::map<std::string, int64_t> per_day;
  int64_t per_type[std::size(kTypes)] = {};
  int64_t per_bad[kBadKinds] = {};
  std::vector<int64_t> rows_per_file;
};

// Text that looks like rows of the file it stands in; the number of lines is spread evenly over its magnitudes.
void MakeBlock(std::string& text, Random& random, int64_t lines_max) {
  const double least = std::max<double>(kBlockLinesMin, lines_max / 100.0);
  const double share = random.Below(1 << 20) / static_cast<double>(1 << 20);
  const int64_t lines = static_cast<int64_t>(least * std::exp(share * std::log(lines_max / least)));
  text.clear();
  for (int64_t i = 0; i < lines; ++i) {
    AppendInt(text, 1 + random.Below(kUsers));
    text += ",2026-06-01 10:00:";
    AppendPadded(text, random.Below(60), 2);
    text += ',';
    text += kTypes[random.Below(std::size(kTypes))];
    text += ',';
    AppendCents(text, random.Below(20'000));
    text += ',';
    text += kWords[random.Below(std::size(kWords))];
    text += '\n';
  }
}

enum class Comment : uint8_t { kNull, kPlain, kQuoted };

// What the comment of the next row is; the text of one that is not null goes to `text`.
Comment MakeComment(std::string& text, Random& random) {
  const int64_t kind = random.Below(400);
  if (kind < 100) return Comment::kNull;
  text.clear();
  for (int64_t words = 1 + random.Below(7); words > 0; --words) {
    text += kWords[random.Below(std::size(kWords))];
    if (words > 1) text += ' ';
  }
  if (kind >= 200) return Comment::kPlain;
  // Of 100 quoted values 10 hold a newline, 50 a pair of quotes, the rest commas only.
  if (kind < 110) text += "\nsecond line";
  else if (kind < 160) text += ", \"sic\"";
  else text += ", again";
  return Comment::kQuoted;
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

// Events hold no control character but LF.
void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    if (c == '"') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
  out += '"';
}

struct Event {
  int64_t user, second, type, cents;  // cents < 0: null
  Comment comment = Comment::kNull;
  std::string text;
};

class Generator {
 public:
  explicit Generator(const Options& options) : options_(options), random_(options.seed) {
    const double rows = options.rows > 0 ? static_cast<double>(options.rows) : options.bytes / BytesPerRow(options);
    seconds_per_row_ = kDays * 86400.0 / (rows < 1 ? 1 : rows);
    bad_below_ = static_cast<uint64_t>(options.bad_percent / 100 * 18446744073709549568.0);
    for (int64_t day = 0; day <= kDays; ++day) days_.push_back(DayText(kFirstDay + day));
    for (int kind = 0; kind < kBadKinds; ++kind) {
      if (options.bad_reason.empty() || kRules[kind][0].reason == options.bad_reason) bad_kinds_.push_back(kind);
    }
    if (bad_kinds_.empty()) Die("no bad row has the reason " + options.bad_reason);
  }

  void AppendRow(std::string& out) {
    const bool bad = random_.Next() < bad_below_;
    const int kind = bad_kinds_[random_.Below(std::size(bad_kinds_))];
    event_.user = 1 + random_.Below(kUsers);
    event_.type = random_.Below(std::size(kTypes));
    event_.cents = random_.Below(200) == 0 ? -1 : random_.Below(random_.Below(10) == 0 ? 1'000'000 : 20'000);
    event_.second = static_cast<int64_t>(figures_.rows * seconds_per_row_) + random_.Below(3);
    const int64_t row = figures_.rows++;
    if (bad) {
      const int64_t cents = std::max<int64_t>(0, event_.cents);
      AppendBad(out, static_cast<Bad>(kind), event_.user, event_.second, event_.type, cents);
    } else {
      AppendGood(out, row);
    }
    out += '\n';
  }
  Figures& figures() { return figures_; }

 private:
  void AppendGood(std::string& out, int64_t row) {
    if (IsQuotedBlock(row, options_)) {
      MakeBlock(event_.text, random_, options_.block_lines);
      event_.comment = Comment::kQuoted;
    } else {
      event_.comment = MakeComment(event_.text, random_);
    }
    if (options_.json) AppendJson(out);
    else AppendCsv(out);
    ++figures_.good;
    ++figures_.per_type[event_.type];
    figures_.user_sum += event_.user;
    figures_.amount_cents += std::max<int64_t>(0, event_.cents);
    figures_.amount_nulls += event_.cents < 0;
    if (event_.comment == Comment::kNull) ++figures_.comment_nulls;
    else figures_.comment_bytes += static_cast<int64_t>(event_.text.size());
  }

  void AppendCsv(std::string& out) {
    AppendInt(out, event_.user);
    out += ',';
    AppendGoodTime(out);
    out += ',';
    out += kTypes[event_.type];
    out += ',';
    if (event_.cents >= 0) AppendCents(out, event_.cents);
    out += ',';
    if (event_.comment == Comment::kQuoted) AppendQuoted(out, event_.text);
    if (event_.comment == Comment::kPlain) out += event_.text;
  }

  void AppendJson(std::string& out) {
    out += "{\"user_id\":";
    AppendInt(out, event_.user);
    out += ",\"event_time\":\"";
    AppendGoodTime(out);
    out += "\",\"event_type\":\"";
    out += kTypes[event_.type];
    out += "\",\"amount\":";
    if (event_.cents >= 0) AppendCents(out, event_.cents);
    else out += "null";
    out += ",\"comment\":";
    if (event_.comment == Comment::kNull) out += "null";
    else AppendJsonString(out, event_.text);
    out += '}';
  }

  void AppendGoodTime(std::string& out) {
    AppendTime(out, event_.second);
    NoteTime(std::string_view(out).substr(out.size() - 19), event_.second);
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
  Event event_;
  Figures figures_;
  std::vector<std::string> days_;
  std::vector<int> bad_kinds_;
  double seconds_per_row_ = 0;
  uint64_t bad_below_ = 0;
  int64_t day_ = -1;
  int64_t* day_rows_ = nullptr;
};

// Writes rows until the file's share of the total is reached.
void WriteFile(Generator& generator, const Options& options, const std::string& path, int64_t rows_end,
               int64_t bytes_end) {
  Output out(path);
  Figures& figures = generator.figures();
  const int64_t rows_before = figures.rows;
  if (!options.json) out.buffer() = "user_id,event_time,event_type,amount,comment\n";
  while (figures.rows < rows_end && figures.bytes + out.bytes() < bytes_end) {
    generator.AppendRow(out.buffer());
    out.RowDone();
  }
  out.Close();
  figures.bytes += out.bytes();
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

[[noreturn]] void Misuse(const std::string& message) { Die(message + "\n" + kUsage); }

bool FormatIsJson(std::string_view word) {
  if (word != "csv" && word != "ndjson") Misuse("--format takes csv or ndjson");
  return word == "ndjson";
}

Options ParseOptions(int argc, char** argv) {
  Options o;
  for (int i = 1; i < argc; i += 2) {
    const std::string key = argv[i];
    if (i + 1 == argc) Misuse(key + " needs a value");
    const char* value = argv[i + 1];
    if (key == "--out") o.out = value;
    else if (key == "--manifest") o.manifest = value;
    else if (key == "--bytes") o.bytes = ParseNumber(key, value);
    else if (key == "--rows") o.rows = ParseNumber(key, value);
    else if (key == "--files") o.files = ParseNumber(key, value);
    else if (key == "--seed") o.seed = static_cast<uint64_t>(ParseNumber(key, value));
    else if (key == "--bad-percent") o.bad_percent = std::atof(value);
    else if (key == "--bad-reason") o.bad_reason = value;
    else if (key == "--block-lines") o.block_lines = ParseNumber(key, value);
    else if (key == "--format") o.json = FormatIsJson(value);
    else Misuse("no option " + key);
  }
  if (o.out.empty()) Misuse("--out is needed");
  if ((o.bytes > 0) == (o.rows > 0)) Misuse("either --bytes or --rows is needed");
  if (o.json && o.bad_percent > 0) Misuse("bad rows are written as csv only");
  if (o.block_lines != 0 && o.block_lines <= kBlockLinesMin) Misuse("--block-lines takes more than 10");
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
      path += options.json ? ".ndjson" : ".csv";
    }
    const int64_t rows_end = options.rows > 0 ? options.rows * (i + 1) / files : INT64_MAX;
    const int64_t bytes_end = options.bytes > 0 ? options.bytes * (i + 1) / files : INT64_MAX;
    WriteFile(generator, options, path, rows_end, bytes_end);
  }
  if (!options.manifest.empty()) WriteText(options.manifest, JsonFigures(generator.figures(), options));
  return 0;
}
