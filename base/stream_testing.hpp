// SPDX-License-Identifier: Apache-2.0
#pragma once
// Streams for tests: connected pairs over real sockets, and one that plays a script.
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <string>

#include "base/scope.hpp"
#include "base/status.hpp"
#include "base/stream.hpp"

namespace berth::base {

struct StreamPair {
  StreamPtr client;
  StreamPtr server;
};

inline Task<StreamPair> tcp_pair() {
  const auto listener = listen_tcp(co_await this_loop(), "127.0.0.1:0");
  StreamPair pair;
  pair.client = co_await connect_tcp("127.0.0.1", listener->port(), std::chrono::seconds(10));
  pair.server = co_await listener->accept();
  co_return pair;
}

// A fresh folder, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "berth-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline Task<StreamPair> unix_pair() {
  const TemporaryFolder folder;
  const auto listener = listen_unix(co_await this_loop(), folder / "socket");
  StreamPair pair;
  pair.client = co_await connect_unix(folder / "socket", std::chrono::seconds(10));
  pair.server = co_await listener->accept();
  co_return pair;
}

inline Task<std::string> read_to_end(Stream& stream) {
  std::string all;
  for (;;) {
    const std::string_view received = co_await stream.read_view();
    if (received.empty()) co_return all;
    all.append(received);
  }
}

// Exactly `size` bytes, or less at the end.
inline Task<std::string> read_exactly(Stream& stream, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const std::size_t count = co_await stream.read_some(asio::buffer(bytes) + done);
    if (count == 0) break;
    done += count;
  }
  bytes.resize(done);
  co_return bytes;
}

// Gives its pieces one read at a time, then the end of the stream; keeps what is written.
class ScriptedStream : public Stream {
 public:
  ScriptedStream(std::deque<std::string> pieces, std::string& written)
      : pieces_(std::move(pieces)), written_(written) {}

  Task<std::size_t> read_some(asio::mutable_buffer into) override {
    if (pieces_.empty()) co_return 0;
    const std::size_t count = asio::buffer_copy(into, asio::buffer(pieces_.front()));
    pieces_.front().erase(0, count);
    if (pieces_.front().empty()) pieces_.pop_front();
    co_return count;
  }
  Task<void> write(std::span<const asio::const_buffer> buffers) override {
    for (const auto& buffer : buffers) written_.append(static_cast<const char*>(buffer.data()), buffer.size());
    co_return;
  }
  Task<void> finish_writing() override { co_return; }
  void close() override {}
  void expires_after(std::chrono::steady_clock::duration) override {}
  void expires_never() override {}
  std::string peer() const override { return "script"; }
  bool idle_and_open() override { return pieces_.empty(); }

 private:
  std::deque<std::string> pieces_;
  std::string& written_;
};

}  // namespace berth::base
