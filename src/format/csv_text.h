// Encodings of a CSV input: bytes of a stream become the text that the parser sees, and positions become the file's.
//
// utf-8, latin1 and windows-1252 are parsed as they are. utf-16 becomes utf-8 while it is read, without loss: a lone
// surrogate becomes its three-byte form and an odd last byte b the pair F8+(b>>6), 80+(b&3F). Neither is valid utf-8,
// so that the row which holds it is judged, and both can be turned back into the file's bytes.
#pragma once

#include "contract/column_parser.h"
#include "format/csv_dialect.h"
#include "format/morsel_text.h"
#include "io/byte_stream.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace freight {

enum class ByteOrder : uint8_t { kLittle, kBig };

// utf-16 units -> utf-8, over any split of the input.
class Utf16Decoder {
 public:
  explicit Utf16Decoder(ByteOrder order = ByteOrder::kLittle) : order_(order) {}
  void Append(std::string_view bytes, std::string* text);
  void Finish(std::string* text);  // nothing follows: what is left over is invalid, and written as such
 private:
  void AppendUnit(uint32_t unit, std::string* text);

  ByteOrder order_;
  bool half_ = false;  // byte_ is the first of a unit
  uint8_t byte_ = 0;
  uint32_t high_ = 0;  // surrogate that waits for its second half
};

int64_t Utf16Bytes(std::string_view text);                         // how many bytes of utf-16 `text` came from
std::string EncodeUtf16(std::string_view text, ByteOrder order);   // those bytes
bool IsValidUtf8(std::string_view text);
std::string LatinToUtf8(std::string_view bytes, CsvEncoding encoding);  // latin1 or windows-1252
TextEncoding TextEncodingOf(CsvEncoding encoding);                 // of the text that the parser sees

// The text of one input from a position on. One caller at a time.
class CsvInput {
 public:
  CsvInput(std::unique_ptr<ByteStream> owned, CsvEncoding encoding) : CsvInput(*owned, encoding) {
    owned_ = std::move(owned);
  }
  CsvInput(ByteStream& in, CsvEncoding encoding) : in_(in), encoding_(encoding) {}

  // Reads the byte order mark (utf-8 and utf-16) and puts it behind us. First call, from the stream's start.
  Status ReadMark();
  int64_t mark_bytes() const { return mark_bytes_; }
  // Goes on at `offset` of the file, at or behind the mark. Before the first Fill.
  Status SkipTo(int64_t offset);

  // Appends until *size >= bytes or the input ends. *size is how much of *text is in use; the rest, at least
  // Morsel::kPad bytes, is not text.
  Status Fill(int64_t bytes, MorselText* text, int64_t* size);
  bool at_end() const { return at_end_; }
  int64_t memory_bytes() const { return in_.memory_bytes(); }

  ByteOrder order() const { return order_; }
  // Bytes in the file of a piece of the text.
  int64_t FileBytes(std::string_view text) const;

 private:
  Status FillUtf16(int64_t bytes, MorselText* text, int64_t* size);

  std::unique_ptr<ByteStream> owned_;
  ByteStream& in_;
  CsvEncoding encoding_;
  std::string lookahead_;  // read while looking for the mark, not yet text
  int64_t read_bytes_ = 0;  // taken from the stream by ReadMark
  int64_t mark_bytes_ = 0;
  bool at_end_ = false;
  ByteOrder order_ = ByteOrder::kLittle;
  Utf16Decoder decoder_;
  std::string units_, decoded_;
};

}  // namespace freight
