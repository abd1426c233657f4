// SPDX-License-Identifier: Apache-2.0
// The client's side of base/stream.hpp: connected sockets.
#include <netdb.h>
#include <sys/un.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstring>
#include <optional>
#include <vector>

#include "base/checked_tcp.hpp"
#include "base/prompt_tcp.hpp"
#include "base/socket_stream.hpp"

namespace berth::base {
namespace {

using Duration = std::chrono::steady_clock::duration;

Task<std::unique_ptr<SocketStream>> connect_to(SocketEndpoint endpoint, std::string what, Duration limit) {
  auto stream = std::make_unique<SocketStream>(SocketStream::Socket(co_await this_loop()), endpoint_name(endpoint));
  try {
    co_await stream->connect(endpoint, limit);
  } catch (const Status& status) {
    if (status.reason() == Reason::Timeout) {
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
      throw timeout("connect to " + what + ": no answer within " + std::to_string(ms) + " ms");
    }
    throw status.with_prefix("connect to " + what);
  }
  co_return stream;
}

std::vector<SocketEndpoint> resolve(const std::string& host, std::uint16_t port) {
  boost::system::error_code code;
  const auto address = asio::ip::make_address(host, code);
  if (!code) return {asio::ip::tcp::endpoint(address, port)};
  if (host == "localhost") {
    // RFC 6761, 6.3: always loopback, without asking; a bare system has no /etc/hosts that says so.
    return {asio::ip::tcp::endpoint(asio::ip::address_v6::loopback(), port),
            asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port)};
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) throw Status(Reason::ServiceUnavailable, "resolve " + host + ": " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<SocketEndpoint> endpoints;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (entry->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
    endpoint.port(port);
    endpoints.emplace_back(endpoint);
  }
  return endpoints;
}

// Threads of their own: a name server that is away holds each look-up for many seconds, and nothing else may wait for
// that.
asio::thread_pool& resolver_threads() {
  static asio::thread_pool threads(16);
  return threads;
}

// It cannot be interrupted: a name server that is away may hold this longer than anybody's limit.
Task<std::vector<SocketEndpoint>> look_up(const std::string& host, std::uint16_t port) {
  const Executor loop = co_await this_loop();
  std::vector<SocketEndpoint> endpoints;
  std::exception_ptr error;
  co_await asio::async_initiate<const UseTask, void()>(
      [&, loop](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        asio::post(resolver_threads(), [&, loop, shared] {
          try {
            endpoints = resolve(host, port);
          } catch (...) {
            error = std::current_exception();
          }
          post_to(loop, [shared] { (*shared)(); });
        });
      },
      use_task);
  if (error) std::rethrow_exception(error);
  co_return endpoints;
}

void check_all(const std::vector<SocketEndpoint>& endpoints, const std::string& what, const AddressCheck& check) {
  for (const SocketEndpoint& endpoint : endpoints) {
    asio::ip::tcp::endpoint address;
    std::memcpy(address.data(), endpoint.data(), std::min(endpoint.size(), address.capacity()));
    const std::string why = check(address.address().to_string());
    if (!why.empty()) throw Status(Reason::Forbidden, "connect to " + what + ": " + why);
  }
}

bool is_address(const std::string& host) {
  boost::system::error_code code;
  asio::ip::make_address(host, code);
  return !code;
}

}  // namespace

Task<StreamPtr> connect_unix(std::string path, Duration limit) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    throw bad_request("connect to unix:" + path + ": the path of a unix socket has 1 to 107 bytes");
  }
  co_return co_await connect_to(asio::local::stream_protocol::endpoint(path), "unix:" + path, limit);
}

namespace {

Task<std::unique_ptr<SocketStream>> connect_first(std::string host, std::uint16_t port, Duration limit,
                                                  AddressCheck check = {}) {
  const auto start = std::chrono::steady_clock::now();
  const std::string what = host + ":" + std::to_string(port);
  std::vector<SocketEndpoint> endpoints;
  if (is_address(host)) {
    endpoints = resolve(host, port);
  } else {
    endpoints = co_await look_up(host, port);
  }
  if (check) check_all(endpoints, what, check);
  std::optional<Status> failure;
  for (const SocketEndpoint& endpoint : endpoints) {
    const auto left = limit - (std::chrono::steady_clock::now() - start);
    if (left <= Duration::zero()) break;
    try {
      co_return co_await connect_to(endpoint, what, left);
    } catch (const Status& status) {
      if (status.reason() == Reason::Cancelled) throw;
      failure = status;
    }
  }
  if (failure) throw *failure;
  throw timeout("connect to " + what + ": no address found in time");
}

}  // namespace

Task<StreamPtr> connect_tcp(std::string host, std::uint16_t port, Duration limit) {
  co_return co_await connect_first(std::move(host), port, limit);
}

Task<StreamPtr> connect_tcp_checked(std::string host, std::uint16_t port, Duration limit, AddressCheck check) {
  co_return co_await connect_first(std::move(host), port, limit, std::move(check));
}

Task<StreamPtr> connect_tcp_prompt(std::string host, std::uint16_t port, Duration limit,
                                   std::chrono::seconds dead_after) {
  std::unique_ptr<SocketStream> stream = co_await connect_first(std::move(host), port, limit);
  stream->tune_for_prompt_answers(dead_after);
  co_return stream;
}

}  // namespace berth::base
