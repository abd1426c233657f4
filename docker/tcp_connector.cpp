// SPDX-License-Identifier: Apache-2.0
#include "docker/tcp_connector.hpp"

#include <charconv>

#include "base/status.hpp"
#include "base/tls.hpp"

namespace berth::docker {

using base::Reason;
using base::Status;
using base::Task;
using std::chrono::steady_clock;

namespace {

constexpr auto kLimit = std::chrono::seconds(10);

class TcpConnector final : public Connector {
 public:
  explicit TcpConnector(TcpTarget target) : target_(std::move(target)) { report_.transport = "TCP"; }

  Task<base::StreamPtr> connect(steady_clock::duration limit) override {
    report_.fault = "NoAnswer";
    base::StreamPtr stream =
        co_await base::connect_tcp(target_.host, target_.port, std::min<steady_clock::duration>(limit, kLimit));
    if (!target_.identity) {
      report_.fault.clear();
      co_return stream;
    }
    report_.fault = "IdentityMissing";
    const auto context = make_context();
    report_.fault = "TlsFailed";
    base::StreamPtr secured = co_await secure(std::move(stream), context);
    report_.fault.clear();
    co_return secured;
  }
  std::string describe() const override { return "tcp://" + target_.host + ":" + std::to_string(target_.port); }
  LinkReport report() const override { return report_; }

 private:
  std::shared_ptr<base::TlsContext> make_context() const {
    try {
      const TlsIdentity identity = target_.identity();
      return base::TlsContext::for_client(identity.ca, base::PemPair{identity.certificate, identity.key.reveal()});
    } catch (const Status& status) {
      throw Status(Reason::ServiceUnavailable, status.message());
    }
  }

  Task<base::StreamPtr> secure(base::StreamPtr stream, std::shared_ptr<base::TlsContext> context) {
    try {
      co_return co_await base::connect_tls(std::move(stream), context, target_.server_name, kLimit);
    } catch (const Status& status) {
      if (status.reason() != Reason::Unauthorized) throw;
      throw Status(Reason::ServiceUnavailable, describe() + ": " + status.message());
    }
  }

  TcpTarget target_;
  LinkReport report_;
};

}  // namespace

std::pair<std::string, std::uint16_t> split_host_port(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  std::uint16_t port = 0;
  if (colon != std::string_view::npos) {
    const std::string_view digits = address.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size()) port = 0;
  }
  if (port == 0) throw base::bad_request("\"" + std::string(address) + "\" is not host and port");
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::string(host), port};
}

std::unique_ptr<Connector> tcp_connector(TcpTarget target) { return std::make_unique<TcpConnector>(std::move(target)); }

}  // namespace berth::docker
