# Each fuzz_NAME.c reads one kind of outside bytes. With LTVAULT_FUZZ (clang) it is a libFuzzer program that runs for a
# while; otherwise an ordinary test that replays what is in corpus/NAME, the test PKI's own documents and what fuzz-seeds
# made, after a few bytes that every reader must bear.
option(LTVAULT_FUZZ "build fuzz targets with libFuzzer" OFF)
set(LTVAULT_FUZZ_SECONDS 20 CACHE STRING "how long ctest runs each fuzz target")
file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/fuzz_*.c)
set(fuzz_samples_pdf samples)
set(fuzz_samples_extend samples)
set(fuzz_samples_pdf_plain samples)
set(fuzz_samples_cms samples)
set(fuzz_samples_cert evidence)
set(fuzz_samples_ers evidence)

# Targets that need the tests' builders; their seeds are made by the same, once a build.
file(GLOB fuzz_builders CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/validator/*_builder.c)
add_library(ltv_fuzz STATIC ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/sealed.c ${fuzz_builders})
target_compile_definitions(ltv_fuzz PRIVATE TEST_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(ltv_fuzz PUBLIC ltv_validator)
add_executable(fuzz-seeds ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/seeds.c)
target_link_libraries(fuzz-seeds PRIVATE ltv_fuzz)
add_executable(fuzz-archive-seeds ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/archive_seeds.c)
target_link_libraries(fuzz-archive-seeds PRIVATE ltv_store PkgConfig::CMOCKA)
set(fuzz_seeds ${CMAKE_BINARY_DIR}/fuzz-seeds.d)
add_custom_command(OUTPUT ${fuzz_seeds}/made
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${fuzz_seeds}
  COMMAND fuzz-seeds ${fuzz_seeds}
  COMMAND fuzz-archive-seeds ${fuzz_seeds}
  COMMAND ${CMAKE_COMMAND} -E touch ${fuzz_seeds}/made
  DEPENDS fuzz-seeds fuzz-archive-seeds)
add_custom_target(fuzz-seeds-made ALL DEPENDS ${fuzz_seeds}/made)
set(fuzz_seeded crl ocsp tst revisions text journal pack row tree)

foreach(source ${fuzz_sources})
  get_filename_component(target ${source} NAME_WE)
  string(REPLACE "fuzz_" "" name ${target})
  set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
  if(NOT IS_DIRECTORY ${corpus})
    set(corpus)
  endif()
  if(fuzz_samples_${name})
    list(APPEND corpus ${CMAKE_BINARY_DIR}/testpki/${fuzz_samples_${name}})
  endif()
  if(name IN_LIST fuzz_seeded)
    list(APPEND corpus ${fuzz_seeds}/${name})
  endif()
  if(LTVAULT_FUZZ)
    add_executable(fuzz-${name} ${source})
    target_link_options(fuzz-${name} PRIVATE -fsanitize=fuzzer)
    set(found ${CMAKE_BINARY_DIR}/fuzz/${name})
    file(MAKE_DIRECTORY ${found})
    add_test(NAME fuzz-${name} COMMAND fuzz-${name} -max_total_time=${LTVAULT_FUZZ_SECONDS} -rss_limit_mb=2048 -timeout=20
      -max_len=65536 -print_final_stats=1 ${found} ${corpus} WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    math(EXPR most "${LTVAULT_FUZZ_SECONDS} + 120")
    set_tests_properties(fuzz-${name} PROPERTIES TIMEOUT ${most})
  else()
    add_executable(fuzz-${name} ${source} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/replay.c)
    add_test(NAME fuzz-${name} COMMAND fuzz-${name} ${corpus})
    set_tests_properties(fuzz-${name} PROPERTIES TIMEOUT 120)
  endif()
  target_link_libraries(fuzz-${name} PRIVATE ltv_fuzz)
  if(name MATCHES "^(label|image|tree|journal|pack|row)$") # what media say, and files of the archive itself
    target_link_libraries(fuzz-${name} PRIVATE ltv_archiver)
  endif()
  list(APPEND fuzz_programs fuzz-${name})
endforeach()
# What the preset "fuzz" builds: the targets and the documents that they begin with.
add_custom_target(fuzz-targets DEPENDS ${fuzz_programs} testpki-samples fuzz-seeds-made)
