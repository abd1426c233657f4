// SPDX-License-Identifier: Apache-2.0
#pragma once
// A TCP proxy on loopback that keeps every byte for half of a delay, each way: a link with a longer round trip, without
// the kernel's help. Its order is kept, and its rate is not limited.
#include <functional>
#include <memory>

#include "base/scope.hpp"
#include "base/stream.hpp"

namespace berth::bench {

class DelayProxy {
 public:
  // A connection to what stands behind the link.
  using Reach = std::function<base::Task<base::StreamPtr>()>;
  static Reach tcp(std::uint16_t port);  // of 127.0.0.1
  static Reach unix_socket(std::string path);

  // On `loop`, which should be its own. `delay` is that of a round trip. Loop only.
  DelayProxy(base::Executor loop, Reach reach, std::chrono::steady_clock::duration delay);
  std::uint16_t port() const { return listener_->port(); }
  base::Task<void> stop();

 private:
  base::Task<void> accept_all();
  base::Task<void> serve(base::StreamPtr client);

  Reach reach_;
  std::chrono::steady_clock::duration half_;
  std::unique_ptr<base::Listener> listener_;
  base::Scope scope_;
};

}  // namespace berth::bench
