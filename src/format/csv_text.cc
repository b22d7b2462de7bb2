// Transcoding of CSV inputs and the reading of their byte order mark.
#include "format/csv_text.h"

#include "format/csv_reader.h"

#include <algorithm>
#include <array>

namespace freight {
namespace {

constexpr int64_t kUtf16ReadBytes = 64 << 10;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

bool IsHigh(uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool IsLow(uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

void AppendCode(uint32_t code, std::string* text) {
  const auto put = [&](uint32_t byte) { text->push_back(static_cast<char>(byte)); };
  const auto follow = [&](int shift) { put(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    follow(0);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    follow(6);
    follow(0);
  } else {
    put(0xF0 | code >> 18);
    follow(12);
    follow(6);
    follow(0);
  }
}

// Bytes of a sequence by its first byte; F8..FB lead the pair that stands for an odd last byte of utf-16.
int SequenceBytes(uint8_t lead) {
  if (lead < 0xC0) return 1;
  if (lead < 0xE0 || lead >= 0xF8) return 2;
  return lead < 0xF0 ? 3 : 4;
}

uint32_t DecodeSequence(const char* bytes, int length) {
  uint32_t code = static_cast<uint8_t>(bytes[0]);
  if (length > 1) code &= 0x7Fu >> length;
  for (int i = 1; i < length; ++i) code = code << 6 | (static_cast<uint8_t>(bytes[i]) & 0x3F);
  return code;
}

// What windows-1252 has at 80..9F; the five bytes that it leaves open are the control codes of latin1.
constexpr std::array<uint16_t, 32> kWindows1252 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
    0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

}  // namespace

void Utf16Decoder::Append(std::string_view bytes, std::string* text) {
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (!half_) {
      byte_ = byte;
      half_ = true;
      continue;
    }
    half_ = false;
    AppendUnit(order_ == ByteOrder::kLittle ? byte << 8 | byte_ : byte_ << 8 | byte, text);
  }
}

void Utf16Decoder::AppendUnit(uint32_t unit, std::string* text) {
  if (high_ != 0) {
    const uint32_t high = high_;
    high_ = 0;
    if (IsLow(unit)) return AppendCode(0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00), text);
    AppendCode(high, text);
  }
  if (IsHigh(unit)) {
    high_ = unit;
  } else {
    AppendCode(unit, text);
  }
}

void Utf16Decoder::Finish(std::string* text) {
  if (high_ != 0) AppendCode(high_, text);
  if (half_) {
    text->push_back(static_cast<char>(0xF8 | byte_ >> 6));
    text->push_back(static_cast<char>(0x80 | (byte_ & 0x3F)));
  }
  high_ = 0;
  half_ = false;
}

int64_t Utf16Bytes(std::string_view text) {
  int64_t bytes = 0;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if ((byte & 0xC0) == 0x80) continue;
    bytes += byte >= 0xF8 ? 1 : byte >= 0xF0 ? 4 : 2;
  }
  return bytes;
}

std::string EncodeUtf16(std::string_view text, ByteOrder order) {
  std::string bytes;
  const auto put_unit = [&](uint32_t unit) {
    const char low = static_cast<char>(unit), high = static_cast<char>(unit >> 8);
    bytes.push_back(order == ByteOrder::kLittle ? low : high);
    bytes.push_back(order == ByteOrder::kLittle ? high : low);
  };
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const int length = SequenceBytes(lead);
    if (lead >= 0xF8) {
      bytes.push_back(static_cast<char>((lead & 3) << 6 | (text[i + 1] & 0x3F)));
    } else if (const uint32_t code = DecodeSequence(&text[i], length); code >= 0x10000) {
      put_unit(0xD800 + ((code - 0x10000) >> 10));
      put_unit(0xDC00 + ((code - 0x10000) & 0x3FF));
    } else {
      put_unit(code);
    }
    i += static_cast<size_t>(length);
  }
  return bytes;
}

bool IsValidUtf8(std::string_view text) {
  constexpr std::array<uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const int length = SequenceBytes(lead);
    if ((lead >= 0x80 && lead < 0xC0) || lead >= 0xF8 || text.size() - i < static_cast<size_t>(length)) return false;
    for (int k = 1; k < length; ++k) {
      if ((static_cast<uint8_t>(text[i + k]) & 0xC0) != 0x80) return false;
    }
    const uint32_t code = DecodeSequence(&text[i], length);
    if (code < kSmallest[length] || code > 0x10FFFF || IsHigh(code) || IsLow(code)) return false;
    i += static_cast<size_t>(length);
  }
  return true;
}

std::string LatinToUtf8(std::string_view bytes, CsvEncoding encoding) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    const bool mapped = encoding == CsvEncoding::kWindows1252 && byte >= 0x80 && byte < 0xA0;
    AppendCode(mapped ? kWindows1252[byte - 0x80] : byte, &text);
  }
  return text;
}

TextEncoding TextEncodingOf(CsvEncoding encoding) {
  switch (encoding) {
    case CsvEncoding::kLatin1: return TextEncoding::kLatin1;
    case CsvEncoding::kWindows1252: return TextEncoding::kWindows1252;
    case CsvEncoding::kUtf8:
    case CsvEncoding::kUtf16: break;
  }
  return TextEncoding::kUtf8;
}

Status CsvInput::ReadMark() {
  const size_t wanted = encoding_ == CsvEncoding::kUtf8 ? 3 : encoding_ == CsvEncoding::kUtf16 ? 2 : 0;
  while (lookahead_.size() < wanted) {
    char bytes[3];
    ARROW_ASSIGN_OR_RAISE(const int64_t read, in_.Read(static_cast<int64_t>(wanted - lookahead_.size()), bytes));
    if (read == 0) break;
    lookahead_.append(bytes, static_cast<size_t>(read));
  }
  read_bytes_ = static_cast<int64_t>(lookahead_.size());
  if (encoding_ == CsvEncoding::kUtf8) mark_bytes_ = lookahead_ == kUtf8Mark ? 3 : 0;
  if (encoding_ == CsvEncoding::kUtf16) {
    mark_bytes_ = lookahead_ == "\xFF\xFE" || lookahead_ == "\xFE\xFF" ? 2 : 0;
    order_ = lookahead_ == "\xFE\xFF" ? ByteOrder::kBig : ByteOrder::kLittle;
    decoder_ = Utf16Decoder(order_);
  }
  lookahead_.erase(0, static_cast<size_t>(mark_bytes_));
  return Status::OK();
}

Status CsvInput::SkipTo(int64_t offset) {
  if (offset >= read_bytes_) {
    lookahead_.clear();
    return in_.SkipTo(offset);
  }
  const int64_t lookahead_begin = read_bytes_ - static_cast<int64_t>(lookahead_.size());
  FREIGHT_ASSERT(offset >= lookahead_begin);
  lookahead_.erase(0, static_cast<size_t>(offset - lookahead_begin));
  return Status::OK();
}

Status CsvInput::Fill(int64_t bytes, MorselText* text, int64_t* size) {
  if (encoding_ == CsvEncoding::kUtf16) return FillUtf16(bytes, text, size);
  const int64_t known = *size + static_cast<int64_t>(lookahead_.size());
  const auto room = static_cast<size_t>(std::max(bytes, known) + Morsel::kPad);
  if (text->size() < room) text->resize(room);
  std::copy(lookahead_.begin(), lookahead_.end(), text->begin() + *size);
  *size = known;
  lookahead_.clear();
  while (*size < bytes && !at_end_) {
    ARROW_ASSIGN_OR_RAISE(const int64_t read, in_.Read(bytes - *size, text->data() + *size));
    *size += read;
    at_end_ = read == 0;
  }
  return Status::OK();
}

Status CsvInput::FillUtf16(int64_t bytes, MorselText* text, int64_t* size) {
  text->resize(static_cast<size_t>(*size));
  decoded_.clear();
  decoder_.Append(lookahead_, &decoded_);
  lookahead_.clear();
  units_.resize(kUtf16ReadBytes);
  text->append(decoded_);
  while (static_cast<int64_t>(text->size()) < bytes && !at_end_) {
    decoded_.clear();
    ARROW_ASSIGN_OR_RAISE(const int64_t read, in_.Read(kUtf16ReadBytes, units_.data()));
    decoder_.Append({units_.data(), static_cast<size_t>(read)}, &decoded_);
    at_end_ = read == 0;
    if (at_end_) decoder_.Finish(&decoded_);
    text->append(decoded_);
  }
  *size = static_cast<int64_t>(text->size());
  text->resize(text->size() + Morsel::kPad);
  return Status::OK();
}

int64_t CsvInput::FileBytes(std::string_view text) const {
  return encoding_ == CsvEncoding::kUtf16 ? Utf16Bytes(text) : static_cast<int64_t>(text.size());
}

}  // namespace freight
