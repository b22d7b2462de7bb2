// Tests of plain and compressed byte streams, whole, cut and broken.
#include "io/byte_stream.h"

#include "io/archive_testing.h"
#include "io/fault_env.h"

#include <bzlib.h>
#include <gtest/gtest.h>
#include <isa-l/igzip_lib.h>
#include <lzma.h>
#include <sys/stat.h>
#include <zstd.h>

#include <cstdlib>
#include <functional>
#include <thread>

namespace freight {
namespace {

std::string SomeText(size_t bytes) {
  std::string text;
  text.reserve(bytes + 32);
  uint32_t x = 7;
  while (text.size() < bytes) text += std::to_string(x = x * 1664525 + 1013904223) + ",row\n";
  text.resize(bytes);
  return text;
}

std::unique_ptr<MemEnv> EnvWith(const std::string& path, std::string_view bytes) {
  auto env = MakeMemEnv();
  EXPECT_TRUE((*env->OpenWrite(path, CreateMode::kNew))->Append(bytes).ok());
  return env;
}

Result<std::string> ReadAll(ByteStream& stream, int64_t step) {
  std::string all;
  std::string part(static_cast<size_t>(step), '\0');
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, stream.Read(step, part.data()));
    if (got == 0) return all;
    all.append(part, 0, static_cast<size_t>(got));
  }
}

Result<std::string> ReadFileAs(const std::string& name, std::string_view bytes, int64_t step = 10'000) {
  auto env = EnvWith(name, bytes);
  ARROW_ASSIGN_OR_RAISE(auto stream, OpenByteStream(*env, name));
  return ReadAll(*stream, step);
}

struct Format {
  const char* name;
  std::function<std::string(std::string)> encode;
};
const Format kFormats[] = {
    {"/in.csv", [](std::string text) { return text; }}, {"/in.csv.gz", Gzip}, {"/in.csv.zst", Zstd},
    {"/in.csv.bz2", Bzip2}, {"/in.csv.xz", Xz}};

TEST(ByteStream, ReadsEveryFormatInAnyStep) {
  for (const auto& [name, encode] : kFormats) {
    for (const size_t bytes : {1U, 1000U, 1'500'000U}) {
      const std::string text = SomeText(bytes);
      for (const int64_t step : {int64_t{997}, int64_t{1} << 22}) {
        const auto got = ReadFileAs(name, encode(text), step);
        ASSERT_TRUE(got.ok()) << name << ": " << got.status();
        EXPECT_TRUE(*got == text) << name << " " << bytes << " by " << step;
      }
    }
    EXPECT_EQ(*ReadFileAs(name, encode("")), "") << name;
  }
}

TEST(ByteStream, JoinsMembersAndFramesWhereverTheyMeet) {
  for (size_t i = 1; i < std::size(kFormats); ++i) {
    const auto& [name, encode] = kFormats[i];
    // The second member begins at every offset around the end of a 256 KiB buffer.
    for (size_t fill = 0; fill < 24; ++fill) {
      std::string bytes;
      std::string want;
      while (bytes.size() + 200 < 256 * 1024) {
        const std::string text = SomeText(std::min<size_t>(200'000, 3 * (256 * 1024 - bytes.size()) / 2));
        bytes += encode(text);
        want += text;
      }
      const std::string tail(fill, static_cast<char>('a' + fill));
      bytes += encode(tail) + encode("") + encode("end");
      want += tail + "end";
      const auto got = ReadFileAs(name, bytes);
      ASSERT_TRUE(got.ok()) << name << ": " << got.status();
      EXPECT_TRUE(*got == want) << name << " " << fill;
    }
  }
}

TEST(ByteStream, RefusesATruncatedFileAtEveryLength) {
  for (size_t i = 1; i < std::size(kFormats); ++i) {
    const auto& [name, encode] = kFormats[i];
    const std::string first = encode(SomeText(300));
    const std::string whole = first + encode("second member");
    for (size_t n = 0; n < whole.size(); ++n) {
      if (n == first.size()) continue;  // a whole member by itself
      const auto got = ReadFileAs(name, whole.substr(0, n));
      ASSERT_FALSE(got.ok()) << name << " cut to " << n;
      EXPECT_NE(got.status().message().find(fmt::format("ends at compressed byte {} ", n)), std::string::npos)
          << got.status();
      EXPECT_FALSE(DetailOf(got.status())->help.empty());
    }
  }
}

TEST(ByteStream, RefusesAChangedByte) {
  for (size_t i = 1; i < std::size(kFormats); ++i) {
    const auto& [name, encode] = kFormats[i];
    const std::string text = SomeText(3000);
    const std::string good = encode(text);
    size_t refused = 0;
    for (size_t at = 0; at < good.size(); ++at) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 0x10);
      const auto got = ReadFileAs(name, bad);
      EXPECT_FALSE(got.ok() && *got != text) << name << " byte " << at << " gave other bytes in silence";
      refused += got.ok() ? 0 : 1;
    }
    // Some bits carry nothing: gzip's time and system, the bits after the last deflate symbol.
    EXPECT_GE(refused + 12, good.size()) << name;
  }
}

TEST(ByteStream, TakesZeroPaddingAfterGzipAndNothingElse) {
  EXPECT_EQ(*ReadFileAs("/a.gz", Gzip("abc") + std::string(600'000, '\0')), "abc");
  for (const std::string& junk : {std::string("junk, not gzip"), std::string(512, '\0') + Gzip("def")}) {
    const auto got = ReadFileAs("/a.gz", Gzip("abc") + junk);
    ASSERT_FALSE(got.ok());
    EXPECT_NE(got.status().message().find("corrupt"), std::string::npos) << got.status();
  }
  EXPECT_FALSE(ReadFileAs("/a.zst", Zstd("abc") + "junk, not zstd").ok());
  EXPECT_FALSE(ReadFileAs("/a.gz", "id,name\n1,plain text under a wrong name\n").ok());
}

TEST(ByteStream, TakesXzPaddingBetweenAndAfterStreams) {
  const std::string padding(8, '\0');
  EXPECT_EQ(*ReadFileAs("/a.xz", Xz("abc") + padding + Xz("def") + padding), "abcdef");
  for (const std::string& junk : {std::string("junk, not xz"), std::string(7, '\0')}) {
    EXPECT_FALSE(ReadFileAs("/a.xz", Xz("abc") + junk).ok());
    EXPECT_FALSE(ReadFileAs("/a.bz2", Bzip2("abc") + junk).ok());
  }
  for (const char* name : {"/a.xz", "/a.bz2"}) {
    const Status wrong = ReadFileAs(name, "id,name\n1,plain text under a wrong name\n").status();
    EXPECT_NE(wrong.message().find("header near compressed byte"), std::string::npos) << wrong;
  }
}

TEST(ByteStream, AWindowOverTheBoundIsRefusedAndTheLargestOfTheToolsIsNot) {
  const std::string text = SomeText(100'000);
  const std::string largest = XzBy(text, 9);
  EXPECT_TRUE(*ReadFileAs("/a.xz", largest) == text);
  auto env = EnvWith("/charged.xz", largest);
  auto charged = *OpenByteStream(*env, "/charged.xz");
  char out[10];
  ASSERT_TRUE(charged->Read(10, out).ok());
  EXPECT_GT(charged->memory_bytes(), 64 << 20);
  lzma_options_lzma options;
  lzma_lzma_preset(&options, 1);
  options.dict_size = 512 << 20;
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  std::string xz(text.size() + 1024, '\0');
  size_t size = 0;
  ASSERT_EQ(lzma_stream_buffer_encode(const_cast<lzma_filter*>(filters), LZMA_CHECK_CRC32, nullptr,
                                      reinterpret_cast<const uint8_t*>(text.data()), text.size(),
                                      reinterpret_cast<uint8_t*>(xz.data()), &size, xz.size()),
            LZMA_OK);
  xz.resize(size);
  const std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  std::string zst;
  for (const int log : {27, 28}) {
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, log);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
    zst.assign(ZSTD_compressBound(text.size()), '\0');
    ZSTD_inBuffer from{text.data(), text.size(), 0};
    ZSTD_outBuffer to{zst.data(), zst.size(), 0};
    while (ZSTD_compressStream2(context.get(), &to, &from, ZSTD_e_flush) != 0) {
    }
    while (ZSTD_compressStream2(context.get(), &to, &from, ZSTD_e_end) != 0) {
    }
    zst.resize(to.pos);
    if (log == 27) {
      EXPECT_TRUE(*ReadFileAs("/a.zst", zst) == text);
    }
  }
  for (const auto& [name, bytes] : {std::pair("/a.xz", xz), std::pair("/a.zst", zst)}) {
    const Status refused = ReadFileAs(name, bytes).status();
    EXPECT_NE(refused.message().find("window of more than 128 MiB"), std::string::npos) << refused;
  }
}

TEST(ByteStream, SkipToLandsOnTheSameByteInEveryFormat) {
  const std::string text = SomeText(1'000'000);
  for (const auto& [name, encode] : kFormats) {
    auto env = EnvWith(name, encode(text));
    auto stream = *OpenByteStream(*env, name);
    char out[10];
    for (const int64_t at : {0, 15, 300'000, 999'990}) {
      ASSERT_TRUE(stream->SkipTo(at).ok());
      ASSERT_EQ(*stream->Read(10, out), 10) << name;
      EXPECT_EQ(std::string(out, 10), text.substr(static_cast<size_t>(at), 10)) << name << " " << at;
      ASSERT_TRUE(stream->SkipTo(at + 10).ok()) << "where we are already";
    }
    ASSERT_TRUE(stream->SkipTo(2'000'000).ok());
    EXPECT_EQ(*stream->Read(10, out), 0) << name;
  }
}

TEST(ByteStream, RefusesADirectoryWithHelp) {
  auto env = MakeMemEnv();
  ASSERT_TRUE(env->MakeDir("/in").ok());
  const Status refused = OpenByteStream(*env, "/in").status();
  EXPECT_EQ(ReactionOf(refused), Reaction::kInvalid);
  EXPECT_EQ(refused.message(), "\"/in\" is a directory");
  EXPECT_EQ(DetailOf(refused)->help, "name its files with a glob, for example \"/in/*.csv\"");
  EXPECT_EQ(ReactionOf(OpenByteStream(*env, "/absent").status()), Reaction::kNotFound);
}

TEST(ByteStream, ReadsAFifoInOrderPlainAndCompressed) {
  const std::string text = SomeText(700'000);
  for (const auto& [name, encode] : kFormats) {
    char directory[] = "/tmp/freight_stream_test_XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    const std::string path = JoinPath(directory, BaseName(name));
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    auto env = MakeDiskEnv();
    std::thread writer([&] {
      auto file = env->OpenWrite(path, CreateMode::kAppend);
      EXPECT_TRUE(file.ok() && (*file)->Append(encode(text)).ok());
    });
    auto stream = *OpenByteStream(*env, path);
    ASSERT_TRUE(stream->SkipTo(100'000).ok());
    EXPECT_TRUE(*ReadAll(*stream, 4096) == text.substr(100'000)) << name;
    writer.join();
    ASSERT_TRUE(RemoveTree(*env, directory).ok());
  }
}

TEST(ByteStream, StringStreamBehavesLikeAFile) {
  auto stream = StringStream("0123456789");
  char out[4];
  ASSERT_TRUE(stream->SkipTo(7).ok());
  EXPECT_EQ(*stream->Read(4, out), 3);
  EXPECT_EQ(std::string(out, 3), "789");
  EXPECT_EQ(*stream->Read(4, out), 0);
}

}  // namespace
}  // namespace freight
