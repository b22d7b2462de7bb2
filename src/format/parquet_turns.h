// Turns at the one reader of a row group that is cut into several morsels: its rows are decoded once, in order, whoever
// works on them.
//
// A turn is made with each morsel, in order, and ends when the morsel's rows are decoded, or when it is dropped. A turn
// comes when all earlier ones have ended: the oldest morsel never waits.
#pragma once

#include "format/input_format.h"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

namespace freight {

class RowGroupTurns : public std::enable_shared_from_this<RowGroupTurns> {
 public:
  // What a turn hands to the next one.
  class Reader {
   public:
    virtual ~Reader() = default;
  };

  // Thread: one caller.
  class Turn final : public MorselExtra {
   public:
    ~Turn() override { End(); }
    // Blocks until it is this turn, then gives the reader as the last turn left it: null at first.
    std::unique_ptr<Reader>& Wait();
    int64_t rows_per_turn() const { return rows_per_turn_; }
    // Whether later ones exist: they may be waiting.
    bool HasNext() const;
    // What Wait gave is the next turn's. May be called again.
    void End();

   private:
    friend class RowGroupTurns;
    Turn(std::shared_ptr<RowGroupTurns> turns, int64_t number)
        : turns_(std::move(turns)), number_(number), rows_per_turn_(turns_->rows_per_turn_) {}
    std::shared_ptr<RowGroupTurns> turns_;  // null: ended
    const int64_t number_;
    const int64_t rows_per_turn_;
  };

  // `rows_per_turn`: of all morsels but the last.
  explicit RowGroupTurns(int64_t rows_per_turn) : rows_per_turn_(rows_per_turn) {}
  // Thread: one caller, who hands out the turns in order.
  std::unique_ptr<Turn> Next();

 private:
  const int64_t rows_per_turn_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::set<int64_t> open_;  // as many as there are morsels in work
  int64_t next_ = 0;
  std::unique_ptr<Reader> reader_;
};

}  // namespace freight
