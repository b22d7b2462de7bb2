# One static library per folder of src/, linked in data order; one test program per folder from its *_test.cc.
set(FREIGHT_LAYERS base io spec source contract format gate sink commit catalog plan engine observe cli)

add_library(freight_options INTERFACE)
target_include_directories(freight_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(freight_options INTERFACE FREIGHT_VERSION="${PROJECT_VERSION}")
target_compile_options(freight_options INTERFACE -Wall -Wextra $<$<BOOL:${FREIGHT_WERROR}>:-Werror>
  -Wno-unused-parameter -Wno-missing-field-initializers
  -Wno-stringop-overread -Wno-restrict)  # GCC 12 sees ghosts in inlined std::string at -O2
target_link_libraries(freight_options INTERFACE Threads::Threads fmt::fmt nlohmann_json::nlohmann_json
  PkgConfig::FYAML PkgConfig::RE2 PkgConfig::XXHASH PkgConfig::ZSTD PkgConfig::ISAL PkgConfig::LZMA BZip2::BZip2
  PkgConfig::HWY Parquet::parquet_shared Arrow::arrow_shared)
if(FREIGHT_SANITIZE)
  target_compile_options(freight_options INTERFACE -fsanitize=${FREIGHT_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(freight_options INTERFACE -fsanitize=${FREIGHT_SANITIZE})
endif()

set(previous "")
foreach(layer ${FREIGHT_LAYERS})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${layer}/*.cc)
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  if(sources)
    add_library(freight_${layer} STATIC ${sources})
    target_link_libraries(freight_${layer} PUBLIC freight_options ${previous})
    target_precompile_headers(freight_${layer} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)
    set(previous freight_${layer} ${previous})
  endif()
endforeach()
set(FREIGHT_LIBS ${previous})

if(EXISTS ${CMAKE_SOURCE_DIR}/src/cli/main.cc)
  add_executable(freight src/cli/main.cc)
  target_link_libraries(freight PRIVATE ${FREIGHT_LIBS})
  set_target_properties(freight PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endif()

if(FREIGHT_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  include(GoogleTest)
  foreach(layer ${FREIGHT_LAYERS})
    file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${layer}/*_test.cc)
    if(tests)
      add_executable(${layer}_test ${tests})
      target_link_libraries(${layer}_test PRIVATE ${FREIGHT_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
      target_compile_options(${layer}_test PRIVATE -Wno-array-bounds -Wno-stringop-overflow)  # more ghosts
      target_precompile_headers(${layer}_test PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch_test.h)
      gtest_discover_tests(${layer}_test DISCOVERY_TIMEOUT 60 PROPERTIES LABELS fast)
    endif()
  endforeach()
  add_executable(freight_dialects tests/dialect_reader.cc)  # of tests/dialect_test.py
  target_link_libraries(freight_dialects PRIVATE ${FREIGHT_LIBS} GTest::gtest)
  set_target_properties(freight_dialects PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endif()
