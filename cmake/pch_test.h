// Precompiled for tests: the usual headers and GoogleTest.
#pragma once

#include "pch.h"

#include <gtest/gtest.h>
