// How a CSV file is written: the declared dialect, as values. No detection: `freight init` guesses, a run obeys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace freight {

enum class CsvEncoding : uint8_t { kUtf8, kLatin1, kWindows1252, kUtf16 };  // utf-16: BOM decides, else little endian

struct CsvDialect {
  std::string delimiter = ",";          // one byte or more
  std::optional<char> quote = '"';      // nullopt: quoting is off, every byte is data
  std::optional<char> escape;           // nullopt or equal to quote: a doubled quote; else escape + any byte, in quotes
  std::optional<char> comment;          // a record that starts with it is skipped and counted apart
  bool header = true;                   // the first record after skip_rows names the columns
  int64_t skip_rows = 0;                // physical lines before the header, not parsed
  std::optional<std::vector<std::string>> nulls;  // nullopt: an unquoted empty field is null and "" the empty string;
                                                  // else exactly these unquoted spellings
  CsvEncoding encoding = CsvEncoding::kUtf8;
  bool trim = false;                    // spaces and tabs around unquoted fields
  bool null_padding = false;            // a record may end early: its missing fields are null
  int64_t record_bytes_max = 16 << 20;

  // The dialects that the vector path reads: one-byte delimiter, escape by doubling or no quote, no comment, no trim.
  bool IsSimple() const;
};

}  // namespace freight
