// How a CSV file seems to be written, guessed from its first MiB. Only `freight init` guesses; a run obeys.
#pragma once

#include "base/status.h"
#include "format/csv_dialect.h"
#include "io/env.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

inline constexpr int64_t kDialectSampleBytes = 1 << 20;

struct DialectGuess {
  CsvDialect dialect;
  std::vector<std::string> names;  // of the header, in UTF-8; empty without one
  int64_t fields = 0;              // of most records
  int64_t header_lines = 0;        // physical lines up to the end of the first record
};

// utf-16 by its byte order mark; else utf-8, unless the whole file has more invalid bytes than multi-byte characters:
// then windows-1252, or latin1 when bytes occur that windows-1252 leaves undefined. Reads the file in bounded memory.
Result<CsvEncoding> GuessEncoding(Env& env, const std::string& path);
// `sample`: text as the parser would see it, without a byte order mark; `whole`: nothing follows it.
DialectGuess GuessDialect(std::string_view sample, bool whole, CsvEncoding encoding);

}  // namespace freight
