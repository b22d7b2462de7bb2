// Precompiled: the headers that most files need and that cost most to read.
#pragma once

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>
