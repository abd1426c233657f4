// SPDX-License-Identifier: Apache-2.0
#include "base/gzip_stream.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/gzip.hpp"

namespace berth::base {
namespace {

std::string zipped(std::string_view plain, std::size_t piece) {
  GzipStream stream(1);
  std::string out;
  for (; !plain.empty(); plain.remove_prefix(std::min(piece, plain.size()))) stream.write(plain.substr(0, piece), out);
  stream.finish(out);
  return out;
}

TEST(GzipStream, GivesBackWhatWasWritten) {
  std::string repeated;
  for (int i = 0; i < 20'000; ++i) repeated += R"({"kind":"Container","name":"web-)" + std::to_string(i) + "\"}";
  std::mt19937 random(1);
  std::string noise(300'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  for (const std::string& plain : {std::string(), std::string("x"), repeated, noise}) {
    for (const std::size_t piece : {std::size_t{1000}, std::size_t{64 * 1024}, std::size_t{1'000'000}}) {
      EXPECT_EQ(gunzip(zipped(plain, piece), plain.size()), plain) << plain.size() << " by " << piece;
    }
  }
  EXPECT_LT(zipped(repeated, 64 * 1024).size(), repeated.size() / 5);
}

}  // namespace
}  // namespace berth::base
