// SPDX-License-Identifier: Apache-2.0
#include "docker/ping_probe.hpp"

#include "base/status.hpp"

namespace berth::docker {

namespace {

constexpr std::string_view kPing = "HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
constexpr std::size_t kMostHead = 16 * 1024;

}  // namespace

base::Task<bool> answers_ping(base::Stream& stream, std::chrono::steady_clock::duration limit) {
  stream.expires_after(limit);
  std::string head;
  try {
    co_await stream.write(kPing);
    while (head.find("\r\n\r\n") == std::string::npos && head.size() < kMostHead) {
      const std::string_view more = co_await stream.read_view();
      if (more.empty()) co_return false;
      head.append(more);
    }
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::ServiceUnavailable) throw;
    co_return false;
  }
  stream.expires_never();
  co_return head.starts_with("HTTP/1.");
}

}  // namespace berth::docker
