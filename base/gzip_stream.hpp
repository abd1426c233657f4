// SPDX-License-Identifier: Apache-2.0
#pragma once
// One gzip member (RFC 1952) made piece by piece, for bodies that are never whole in memory.
#include <memory>
#include <string>
#include <string_view>

namespace berth::base {

class GzipStream {
 public:
  // `level` is zlib's: 1 is quick, 9 is small. Holds about 100 KB until it is destroyed. Throws InternalError.
  explicit GzipStream(int level);
  ~GzipStream();

  // Appends to `out` what is ready of the compressed bytes; the rest comes later.
  void write(std::string_view plain, std::string& out);
  // Appends the end. Once, after the last write.
  void finish(std::string& out);

 private:
  enum class Then { GoOn, End };
  void run(std::string_view plain, Then then, std::string& out);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace berth::base
