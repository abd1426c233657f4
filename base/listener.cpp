// SPDX-License-Identifier: Apache-2.0
// The server's side of base/stream.hpp: listening sockets.
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/log.hpp"
#include "base/socket_stream.hpp"

namespace berth::base {
namespace {

using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol, Executor>;

constexpr std::chrono::milliseconds kFirstWait{5};
constexpr std::chrono::milliseconds kLongestWait{1000};

// The listening socket itself is of no more use. Everything else that accept(2) says is about the one connection, as
// the pending network errors are that Linux passes on there, or will pass.
bool is_lost(boost::system::error_code code) {
  return code.value() == EBADF || code.value() == EINVAL || code.value() == ENOTSOCK || code.value() == EFAULT;
}

class SocketListener : public Listener {
 public:
  SocketListener(Acceptor acceptor, std::string name, std::uint16_t port)
      : acceptor_(std::move(acceptor)), name_(std::move(name)), port_(port) {}

  Task<StreamPtr> accept() override { return accept_for(acceptor_.get_executor()); }

  Task<StreamPtr> accept_for(Executor loop) override {
    for (;;) {
      SocketStream::Socket socket(loop);
      SocketEndpoint peer;
      boost::system::error_code code;
      co_await acceptor_.async_accept(socket, peer, asio::redirect_error(use_task, code));
      if (!code) {
        wait_ = kFirstWait;
        if (port_ != 0) {
          socket.set_option(asio::ip::tcp::no_delay(true), code);
          socket.set_option(asio::socket_base::keep_alive(true), code);
        }
        co_return std::make_unique<SocketStream>(std::move(socket), endpoint_name(peer));
      }
      if (!acceptor_.is_open() || code == asio::error::operation_aborted) throw Status(Reason::Cancelled, "cancelled");
      if (is_lost(code)) throw Status(Reason::ServiceUnavailable, "accept on " + name_ + ": " + code.message());
      if (count_failure_) count_failure_();
      if (wait_ == kFirstWait) {  // once for each shortage
        log_error("cannot accept connections, waiting", {{"listener", name_}, {"error", code.message()}});
      }
      const auto wait = std::exchange(wait_, std::min(2 * wait_, kLongestWait));
      co_await sleep_for(wait);
    }
  }

  void on_failure(std::function<void()> count) override { count_failure_ = std::move(count); }

  void close() override {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

  std::uint16_t port() const override { return port_; }

 private:
  Acceptor acceptor_;
  std::string name_;
  std::uint16_t port_;
  std::function<void()> count_failure_;
  std::chrono::milliseconds wait_ = kFirstWait;  // before the next try, should this one fail
};

Acceptor listen_on(Executor loop, const SocketEndpoint& endpoint, const std::string& name) {
  try {
    Acceptor acceptor(loop);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(asio::socket_base::reuse_address(true));
    // Else Asio waits for the next connection after one that broke off in the queue, whatever stands behind it.
    acceptor.set_option(asio::socket_base::enable_connection_aborted(true));
    acceptor.bind(endpoint);
    acceptor.listen(asio::socket_base::max_listen_connections);
    return acceptor;
  } catch (const boost::system::system_error& error) {
    throw Status(Reason::ServiceUnavailable, "listen on " + name + ": " + error.code().message());
  }
}

asio::ip::tcp::endpoint parse_address(const std::string& text) {
  const auto malformed = [&text] {
    return bad_request("listen address \"" + text + "\": expected an IP address and a port, 127.0.0.1:7443 or [::1]:0");
  };
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) throw malformed();
  std::string host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + colon + 1, last, port);
  boost::system::error_code code;
  const auto address = asio::ip::make_address(host, code);
  if (error != std::errc{} || end != last || code || address.is_v6() != bracketed) throw malformed();
  return {address, port};
}

// A socket file that nobody listens on is left from a process that was killed.
void remove_stale(const std::string& path) {
  struct stat entry{};
  if (::lstat(path.c_str(), &entry) != 0 || !S_ISSOCK(entry.st_mode)) return;
  asio::io_context context(1);
  asio::local::stream_protocol::socket probe(context);
  boost::system::error_code code;
  probe.connect(asio::local::stream_protocol::endpoint(path), code);
  if (code == asio::error::connection_refused) ::unlink(path.c_str());
}

}  // namespace

std::unique_ptr<Listener> listen_tcp(Executor loop, const std::string& address) {
  Acceptor acceptor = listen_on(loop, parse_address(address), address);
  asio::ip::tcp::endpoint bound;
  const SocketEndpoint local = acceptor.local_endpoint();
  std::memcpy(bound.data(), local.data(), local.size());
  return std::make_unique<SocketListener>(std::move(acceptor), address, bound.port());
}

std::unique_ptr<Listener> listen_unix(Executor loop, const std::string& path) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    throw bad_request("listen on unix:" + path + ": the path of a unix socket has 1 to 107 bytes");
  }
  remove_stale(path);
  Acceptor acceptor = listen_on(loop, asio::local::stream_protocol::endpoint(path), "unix:" + path);
  return std::make_unique<SocketListener>(std::move(acceptor), "unix:" + path, 0);
}

}  // namespace berth::base
