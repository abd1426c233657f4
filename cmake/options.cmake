# SPDX-License-Identifier: Apache-2.0
# Compiler settings for the whole build. One INTERFACE target carries every definition, because an Asio
# object compiled with other macros than its neighbours links silently and crashes at the first timer.
option(BERTH_PCH "Use the precompiled header" ON)
option(BERTH_BENCH "Build the benchmarks" ON)
option(BERTH_FUZZ "Build the libFuzzer binaries" OFF)
set(BERTH_SANITIZE "" CACHE STRING "Sanitizers to build with: empty, 'address;undefined' or 'thread'")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

find_program(CCACHE ccache)
if(CCACHE)
  # Without the sloppiness every use of the precompiled header is a miss; without nohashdir two build folders share nothing.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS json url)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(RocksDB CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(GTest CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBSSH2 REQUIRED IMPORTED_TARGET libssh2)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
# Its -pthread would differ from how the precompiled header was compiled; Threads::Threads says it for all.
set_target_properties(PkgConfig::RE2 PROPERTIES INTERFACE_COMPILE_OPTIONS "")
if(BERTH_BENCH)
  find_package(benchmark CONFIG REQUIRED)
endif()

add_library(berth_flags INTERFACE)
target_include_directories(berth_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(berth_flags INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_BOOST_COROUTINE BOOST_BEAST_USE_STD_STRING_VIEW
  BERTH_VERSION="${PROJECT_VERSION}")
target_compile_options(berth_flags INTERFACE -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers)
target_link_options(berth_flags INTERFACE -fuse-ld=lld-19 -Wl,--gc-sections)
target_compile_options(berth_flags INTERFACE -ffunction-sections -fdata-sections)
# ccache may bring a precompiled header from another clone, whose sources have other times.
target_compile_options(berth_flags INTERFACE "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
target_link_libraries(berth_flags INTERFACE Threads::Threads Boost::headers Boost::json Boost::url OpenSSL::SSL)
if(BERTH_FUZZ)
  target_compile_options(berth_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(BERTH_SANITIZE)
  string(REPLACE ";" "," sanitizers "${BERTH_SANITIZE}")
  target_compile_options(berth_flags INTERFACE -fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(berth_flags INTERFACE -fsanitize=${sanitizers})
endif()
