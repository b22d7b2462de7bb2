# Generators of seeded data for the demo, the tests and the benchmarks; with FREIGHT_BENCH also the micro-benchmarks.
foreach(pair freight_gen:gen_events freight_gen_shapes:gen_shapes)
  string(REPLACE ":" ";" pair ${pair})
  list(GET pair 0 name)
  list(GET pair 1 source)
  add_executable(${name} bench/${source}.cc)
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_compile_options(${name} PRIVATE -O2 -Wall -Wextra -Werror)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endforeach()

# For LD_PRELOAD: a run without syncs, to see what durable commits cost.
add_library(freight_no_sync MODULE bench/no_sync.cc)
target_compile_features(freight_no_sync PRIVATE cxx_std_20)
set_target_properties(freight_no_sync PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

option(FREIGHT_BENCH "build the micro-benchmarks" OFF)
if(FREIGHT_BENCH)
  find_package(benchmark REQUIRED)
  file(GLOB micro CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/micro_*.cc)
  add_executable(freight_micro ${micro})
  target_link_libraries(freight_micro PRIVATE ${FREIGHT_LIBS} benchmark::benchmark_main)
  set_target_properties(freight_micro PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endif()
