// SPDX-License-Identifier: Apache-2.0
#include "base/gzip_stream.hpp"

#include <zlib.h>

#include "base/status.hpp"

namespace berth::base {
namespace {

// A quarter of zlib's largest window, plus what asks for gzip's framing, and half of its usual hash: the same fields
// come again within a few objects, and there is one of these for each reader.
constexpr int kWindow = 13 + 16;
constexpr int kMemoryLevel = 7;
constexpr std::size_t kStep = 16 * 1024;

}  // namespace

struct GzipStream::State {
  z_stream zlib{};
};

GzipStream::GzipStream(int level) : state_(std::make_unique<State>()) {
  if (deflateInit2(&state_->zlib, level, Z_DEFLATED, kWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw internal_error("zlib does not start");
  }
}

GzipStream::~GzipStream() { deflateEnd(&state_->zlib); }

void GzipStream::write(std::string_view plain, std::string& out) { run(plain, Then::GoOn, out); }

void GzipStream::finish(std::string& out) { run({}, Then::End, out); }

void GzipStream::run(std::string_view plain, Then then, std::string& out) {
  z_stream& zlib = state_->zlib;
  zlib.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(plain.data()));  // zlib does not write to it
  zlib.avail_in = static_cast<uInt>(plain.size());
  do {
    const std::size_t begun = out.size();
    out.resize(begun + kStep);
    zlib.next_out = reinterpret_cast<Bytef*>(out.data() + begun);
    zlib.avail_out = kStep;
    const int result = deflate(&zlib, then == Then::End ? Z_FINISH : Z_NO_FLUSH);
    out.resize(out.size() - zlib.avail_out);
    // Z_BUF_ERROR: there was nothing to do.
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) throw internal_error("zlib fails");
  } while (zlib.avail_out == 0);  // a full step may not be all
}

}  // namespace berth::base
