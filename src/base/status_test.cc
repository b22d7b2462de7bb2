// Tests of Status details, places and reactions.
#include "base/status.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace freight {
namespace {

TEST(Place, LeavesOutWhatIsNotKnown) {
  struct Case { Place place; std::string want; };
  for (const auto& [place, want] : std::initializer_list<Case>{{{}, ""},
                                                              {{"a.yaml"}, "a.yaml"},
                                                              {{"a.yaml", 3}, "a.yaml:3"},
                                                              {{"a.yaml", 3, 7}, "a.yaml:3:7"},
                                                              {{"a.yaml", 0, 7}, "a.yaml"}}) {
    EXPECT_EQ(place.ToString(), want);
  }
}

TEST(Fail, CarriesReactionPlaceHelpAndErrno) {
  const Status status =
      Fail(Reaction::kTransient, "lock is held by run {}", "r1").At({"d", 2, 1}).Help("wait").Errno(EAGAIN);
  EXPECT_EQ(status.message(), "lock is held by run r1");
  const ErrorDetail* detail = DetailOf(status);
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->reaction, Reaction::kTransient);
  EXPECT_EQ(detail->place.line, 2);
  EXPECT_EQ(detail->help, "wait");
  EXPECT_EQ(detail->os_error, EAGAIN);
  EXPECT_EQ(detail->ToString(), "d:2:1; help: wait");
}

TEST(Fail, ReturnsThroughAResult) {
  const auto function = []() -> Result<int> { return Fail(Reaction::kInvalid, "no"); };
  EXPECT_EQ(ReactionOf(function().status()), Reaction::kInvalid);
}

TEST(Fail, ChoosesTheArrowCodeByReaction) {
  struct Case { Reaction reaction; arrow::StatusCode want; };
  for (const auto& [reaction, want] :
       std::initializer_list<Case>{{Reaction::kInvalid, arrow::StatusCode::Invalid},
                                   {Reaction::kNotFound, arrow::StatusCode::KeyError},
                                   {Reaction::kFailed, arrow::StatusCode::IOError},
                                   {Reaction::kTransient, arrow::StatusCode::IOError},
                                   {Reaction::kStopped, arrow::StatusCode::Cancelled},
                                   {Reaction::kRefused, arrow::StatusCode::UnknownError},
                                   {Reaction::kCorrupt, arrow::StatusCode::UnknownError}}) {
    const Status status = Fail(reaction, "x");
    EXPECT_EQ(status.code(), want);
    EXPECT_EQ(ReactionOf(status), reaction);
  }
}

TEST(DetailOf, IsNullForALibrarysStatus) {
  EXPECT_EQ(DetailOf(Status::Invalid("x")), nullptr);
  EXPECT_EQ(ReactionOf(Status::Invalid("x")), Reaction::kFailed);
  EXPECT_EQ(DetailOf(Status::OK()), nullptr);
}

TEST(Assert, AbortsWithTheCondition) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(FREIGHT_ASSERT(1 == 2), "bug: assertion \"1 == 2\" failed");
}

}  // namespace
}  // namespace freight
