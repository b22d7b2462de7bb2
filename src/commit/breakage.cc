// The switch by which tests break one step of the protocol.
#include "commit/dataset.h"

#include <atomic>

namespace freight {
namespace {
std::atomic<Breakage> g_broken{Breakage::kNone};
}  // namespace

void BreakForTest(Breakage step) { g_broken = step; }
Breakage BrokenForTest() { return g_broken; }

}  // namespace freight
