// Tests of archives that several threads decode: each stands beside the decoder of the whole file.
#include "io/parallel_stream.h"

#include "io/archive_testing.h"
#include "io/fault_env.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace freight {
namespace {

std::string SomeText(size_t bytes) {
  std::string text;
  uint32_t x = 7;
  while (text.size() < bytes) text += std::to_string(x = x * 1664525 + 1013904223) + ",row\n";
  text.resize(bytes);
  return text;
}

std::string InParts(const std::string& text, size_t part_bytes, const std::function<std::string(std::string)>& pack) {
  std::string out;
  for (size_t at = 0; at < text.size(); at += part_bytes) out += pack(text.substr(at, part_bytes));
  return out;
}

// As bgzip writes it, with the empty block at the end.
std::string BgzfBlock(const std::string& text) {
  const std::string gzip = Gzip(text);
  std::string block = gzip.substr(0, 10);
  block[3] = 4;  // an extra field
  block += std::string("\x06\0BC\x02\0", 6);
  const size_t size = gzip.size() + 8 - 1;
  block += static_cast<char>(size & 0xFF);
  block += static_cast<char>(size >> 8);
  return block + gzip.substr(10);
}
std::string Bgzf(const std::string& text) { return InParts(text, 40'000, BgzfBlock) + BgzfBlock(""); }
std::string ZstdFrames(const std::string& text) {
  const std::string skippable("\x50\x2A\x4D\x18\x04\0\0\0junk", 12);
  return InParts(text, 300'000, [&](const std::string& part) { return skippable + Zstd(part); });
}
std::string Bzip2Streams(const std::string& text) { return InParts(text, 90'000, Bzip2); }
std::string XzBlocks(const std::string& text) {
  lzma_mt options{};
  options.threads = 2;
  options.preset = 1;
  options.block_size = 300'000;
  options.check = LZMA_CHECK_CRC64;
  lzma_stream state = LZMA_STREAM_INIT;
  EXPECT_EQ(lzma_stream_encoder_mt(&state, &options), LZMA_OK);
  std::string out(text.size() + 100'000, '\0');
  state.next_in = reinterpret_cast<const uint8_t*>(text.data());
  state.avail_in = text.size();
  state.next_out = reinterpret_cast<uint8_t*>(out.data());
  state.avail_out = out.size();
  lzma_ret code = LZMA_OK;
  while (code == LZMA_OK) code = lzma_code(&state, LZMA_FINISH);
  EXPECT_EQ(code, LZMA_STREAM_END);
  out.resize(state.total_out);
  lzma_end(&state);
  return out;
}

struct Format {
  const char* name;
  std::function<std::string(const std::string&)> pack;
};
const Format kFormats[] = {
    {"/a.gz", Bgzf}, {"/a.zst", ZstdFrames}, {"/a.bz2", Bzip2Streams}, {"/a.xz", XzBlocks}};

std::unique_ptr<MemEnv> EnvWith(const std::string& path, std::string_view bytes) {
  auto env = MakeMemEnv();
  EXPECT_TRUE((*env->OpenWrite(path, CreateMode::kNew))->Append(bytes).ok());
  return env;
}

// What a reader gets: the bytes up to the end or a failure, and the failure.
struct Outcome {
  std::string bytes;
  std::string failure;
  bool operator==(const Outcome&) const = default;
};

Outcome ReadAll(ByteStream& stream, int64_t step = 100'000) {
  Outcome outcome;
  std::string part(static_cast<size_t>(step), '\0');
  while (true) {
    const auto got = stream.Read(step, part.data());
    if (!got.ok()) outcome.failure = got.status().ToString();
    if (!got.ok() || *got == 0) return outcome;
    outcome.bytes.append(part, 0, static_cast<size_t>(*got));
  }
}

Outcome ByOne(const std::string& name, std::string_view bytes) {
  auto env = EnvWith(name, bytes);
  return ReadAll(*OpenDecoder({*env->OpenRead(name), name}));
}

Outcome ByMany(const std::string& name, std::string_view bytes, const DecodeOptions& options, int64_t step = 100'000) {
  auto env = EnvWith(name, bytes);
  auto stream = ParallelStream({*env->OpenRead(name), name}, options);
  if (!stream.ok()) return {"", stream.status().ToString()};
  return ReadAll(**stream, step);
}

int64_t PeakOf(const MemoryBudget& budget) {
  for (const auto& use : budget.Parts()) {
    if (use.part == kArchivesBudgetPart) return use.peak_bytes;
  }
  return 0;
}

TEST(ParallelStream, GivesTheBytesOfEveryFormatInAnyStep) {
  const std::string text = SomeText(5'000'000);
  for (const auto& [name, pack] : kFormats) {
    const std::string packed = pack(text);
    for (const int threads : {1, 2, 8}) {
      for (const int64_t step : {int64_t{997}, int64_t{4} << 20}) {
        EXPECT_TRUE(ByMany(name, packed, {threads}, step) == Outcome{text}) << name << " " << threads << " " << step;
      }
    }
  }
}

TEST(ParallelStream, DecodesAheadOfWhoReads) {
  const std::string text = SomeText(5'000'000);
  for (const auto& [name, pack] : kFormats) {
    MemoryBudget budget(64 << 20);
    auto env = EnvWith(name, pack(text));
    auto stream = *ParallelStream({*env->OpenRead(name), name}, {2, &budget});
    char byte;
    ASSERT_EQ(*stream->Read(1, &byte), 1);
    // Nobody reads, and yet the pieces behind the first one are decoded.
    for (int i = 0; i < 1000 && budget.used_bytes() < 3 * 200'000; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_GE(budget.used_bytes(), 3 * 200'000) << name;
    stream.reset();
    EXPECT_EQ(budget.used_bytes(), 0) << name;
  }
}

TEST(ParallelStream, ACutArchiveEndsAsForOneThread) {
  const std::string text = SomeText(1'200'000);
  for (const auto& [name, pack] : kFormats) {
    const std::string whole = pack(text);
    for (size_t i = 0; i < 20; ++i) {
      const std::string cut = whole.substr(0, i < 10 ? whole.size() * i / 10 + 1 : whole.size() - (i - 9));
      const Outcome one = ByOne(name, cut), many = ByMany(name, cut, {3});
      EXPECT_EQ(many.failure, one.failure) << name << " cut to " << cut.size() << " of " << whole.size();
      EXPECT_NE(many.failure.find(fmt::format("ends at compressed byte {} ", cut.size())), std::string::npos)
          << name << ": " << many.failure;
      EXPECT_TRUE(text.starts_with(many.bytes)) << name << " cut to " << cut.size();
    }
  }
}

TEST(ParallelStream, AChangedByteEndsAsForOneThread) {
  const std::string text = SomeText(1'200'000);
  const auto reason = [](const std::string& failure) { return failure.substr(0, failure.find("compressed byte")); };
  for (const auto& [name, pack] : kFormats) {
    const std::string whole = pack(text);
    size_t refused = 0;
    for (size_t i = 0; i < 36; ++i) {
      std::string bad = whole;
      const size_t at = i < 18 ? i : i < 26 ? whole.size() - (i - 17) : whole.size() * (i - 26) / 10;
      bad[at] = static_cast<char>(bad[at] ^ 0x10);
      const Outcome one = ByOne(name, bad), many = ByMany(name, bad, {3});
      EXPECT_EQ(reason(many.failure), reason(one.failure)) << name << " byte " << at;
      EXPECT_TRUE(!many.failure.empty() || many.bytes == text) << name << " byte " << at;
      refused += many.failure.empty() ? 0 : 1;
    }
    EXPECT_GE(refused, 22U) << name;
  }
}

TEST(ParallelStream, WhatIsNoPieceIsDecodedByOne) {
  const std::string text = SomeText(1'000'000), more = SomeText(3'000'000);
  const std::string noise = [] {
    std::string bytes(6 << 20, '\0');
    uint64_t x = 1;
    for (char& byte : bytes) byte = static_cast<char>((x = x * 6364136223846793005 + 1442695040888963407) >> 56);
    return bytes;
  }();
  struct Case {
    const char* name;
    std::string bytes, want;
  };
  const Case cases[] = {
      {"/a.gz", Bgzf(text) + Gzip(more), text + more},
      {"/a.gz", Gzip(more) + Bgzf(text), more + text},
      {"/a.gz", Bgzf(text) + std::string(600'000, '\0'), text},
      {"/a.gz", Gzip(more), more},
      {"/a.zst", ZstdFrames(text) + Zstd(noise) + ZstdFrames(text), text + noise + text},
      {"/a.zst", Zstd(noise), noise},
      {"/a.bz2", Bzip2Streams(text) + Bzip2(noise) + Bzip2(""), text + noise},
      {"/a.bz2", Bzip2("") + Bzip2Streams(text), text},
      {"/a.xz", XzBlocks(text) + std::string(8, '\0') + XzBlocks(more), text + more},
      {"/a.xz", Xz(more), more},
  };
  for (const Case& one : cases) {
    const Outcome got = ByMany(one.name, one.bytes, {2});
    EXPECT_TRUE(got == Outcome{one.want}) << one.name << " " << &one - cases << " " << got.failure;
    for (const char* junk : {"junk", "\x1F\x8B\x08\x04"}) {
      EXPECT_EQ(ByMany(one.name, one.bytes + junk, {2}), ByOne(one.name, one.bytes + junk)) << &one - cases;
    }
  }
}

TEST(ParallelStream, HoldsNoMoreThanTheBudgetHasRoomFor) {
  const std::string text = SomeText(12'000'000);
  for (const auto& [name, pack] : kFormats) {
    const std::string packed = pack(text);
    MemoryBudget wide(256 << 20), tight(24 << 20), none(1);
    EXPECT_TRUE(ByMany(name, packed, {4, &wide, 0}).bytes == text) << name;
    EXPECT_TRUE(ByMany(name, packed, {4, &tight, 4 << 20}).bytes == text) << name;
    EXPECT_TRUE(ByMany(name, packed, {4, &none, 1 << 20}).bytes == text) << name;
    EXPECT_LE(PeakOf(tight), tight.limit_bytes() - (4 << 20)) << name;
    EXPECT_GT(PeakOf(tight), 0) << name;
    EXPECT_EQ(PeakOf(none), 0) << name << ": there are no pieces";
    for (const MemoryBudget* budget : {&wide, &tight, &none}) EXPECT_EQ(budget->used_bytes(), 0) << name;
  }
}

// A few KB that would decode to much.
TEST(ParallelStream, APieceThatDecodesToMuchIsDecodedInSteps) {
  const std::string zeros(80 << 20, '0');
  for (const auto& [name, packed] : {std::pair("/a.gz", InParts(zeros, 65'000, BgzfBlock)),
                                     std::pair("/a.bz2", InParts(zeros, 800'000, Bzip2)),
                                     std::pair("/a.zst", InParts(zeros, 1 << 20, Zstd) + Zstd(SomeText(600'000)))}) {
    MemoryBudget budget(64 << 20);
    EXPECT_EQ(ByMany(name, packed, {2, &budget}).bytes.size() / zeros.size(), 1U) << name;
    EXPECT_LE(PeakOf(budget), budget.limit_bytes()) << name;
  }
}

TEST(ParallelStream, AFailedReadIsAFailure) {
  const std::string text = SomeText(3'000'000);
  for (const auto& [name, pack] : kFormats) {
    auto disk = EnvWith(name, pack(text));
    int failures = 0;
    for (int64_t k = 1; k < 100; ++k) {
      auto env = MakeFaultEnv(disk.get());
      env->CountReads(true);
      env->Arm(k, Fault::kEio);
      auto file = env->OpenRead(name);
      Outcome got{"", "open"};
      if (file.ok()) {
        auto stream = ParallelStream({std::move(*file), name}, {2});
        got = stream.ok() ? ReadAll(**stream) : Outcome{"", stream.status().ToString()};
      }
      if (!env->fired()) break;
      ++failures;
      EXPECT_FALSE(got.failure.empty()) << name << " read " << k;
      EXPECT_TRUE(text.starts_with(got.bytes)) << name << " read " << k;
    }
    EXPECT_GE(failures, 4) << name;
  }
}

TEST(ParallelStream, SkipsAndMayBeLeftInTheMiddle) {
  const std::string text = SomeText(3'000'000);
  for (const auto& [name, pack] : kFormats) {
    auto env = EnvWith(name, pack(text));
    for (const int64_t at : {0, 15, 1'234'567, 2'999'990}) {
      auto stream = *ParallelStream({*env->OpenRead(name), name}, {3});
      char out[10];
      ASSERT_TRUE(stream->SkipTo(at).ok());
      ASSERT_EQ(*stream->Read(10, out), 10) << name;
      EXPECT_EQ(std::string(out, 10), text.substr(static_cast<size_t>(at), 10)) << name << " " << at;
    }
  }
}

}  // namespace
}  // namespace freight
