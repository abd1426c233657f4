# SPDX-License-Identifier: Apache-2.0
# berth_floor(<folder> [LINKS <libraries>...] [EXCLUDE <files and folders>...]): one library of a folder's sources, rooms
# included, and one test binary <folder>_test of the *_test.cpp beside them. Sources are globbed, so a new file needs no
# line here.
function(berth_floor name)
  cmake_parse_arguments(ARG "" "" "LINKS;TEST_LINKS;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  foreach(path ${ARG_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/${path}(/|$)")
  endforeach()
  if(sources)
    add_library(berth_${name} STATIC ${sources})
    target_link_libraries(berth_${name} PUBLIC berth_flags ${ARG_LINKS})
    berth_precompile(berth_${name})
  else()
    add_library(berth_${name} INTERFACE)
    target_link_libraries(berth_${name} INTERFACE berth_flags ${ARG_LINKS})
  endif()
  if(tests)
    berth_test(${name}_test SOURCES ${tests} LINKS berth_${name} ${ARG_TEST_LINKS})
  endif()
endfunction()

# berth_test(<name> SOURCES ... LINKS ...): a GoogleTest binary registered with CTest.
function(berth_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE BERTH_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  berth_precompile(${name})
  add_test(NAME ${name} COMMAND ${name})
endfunction()

# One precompiled header for all: built once in base, reused by every other target.
function(berth_precompile target)
  if(NOT BERTH_PCH)
    return()
  endif()
  if(target STREQUAL "berth_base")
    target_precompile_headers(berth_base PRIVATE ${CMAKE_SOURCE_DIR}/base/precompiled.hpp)
  else()
    target_precompile_headers(${target} REUSE_FROM berth_base)
    target_compile_options(${target} PRIVATE -fPIC)  # as the header was compiled, in executables too
  endif()
endfunction()
