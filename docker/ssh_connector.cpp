// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_connector.hpp"

#include "docker/dial_stdio.hpp"
#include "docker/openssh_tunnel.hpp"
#include "docker/retry_hold.hpp"

namespace berth::docker {

using base::Task;
using std::chrono::steady_clock;

namespace {

constexpr auto kOpenLimit = std::chrono::seconds(10);
constexpr auto kSilence = std::chrono::seconds(5);

class SshConnector final : public Connector {
 public:
  SshConnector(SshHub& hub, SshTarget target) : hub_(hub), target_(std::move(target)) {}

  Task<base::StreamPtr> connect(steady_clock::duration limit) override {
    hold_.check(steady_clock::now());
    try {
      co_await settle_session();
      base::StreamPtr stream = co_await open_stream(std::min<steady_clock::duration>(limit, kOpenLimit));
      hold_.forget();
      report_.fault.clear();
      co_return stream;
    } catch (const SshError& error) {
      note(error);
      throw;
    } catch (const base::Status& status) {
      if (status.reason() == base::Reason::Timeout) lose_session();
      throw;
    }
  }

  std::string describe() const override { return "ssh://" + host().user + "@" + host().name() + target_.engine_socket; }
  LinkReport report() const override { return report_; }
  // An engine that hangs leaves its server able to speak; a dead link would come back by itself only with TCP's next
  // try.
  void suspect() override {
    if (link_ && link_->session().silence() > kSilence) lose_session();
  }
  bool full() const override { return processes_.full(); }
  void on_room(std::function<void()> tell) override { processes_.on_room(std::move(tell)); }

 private:
  const SshServer& host() const { return target_.chain.servers.back(); }

  Task<void> settle_session() {
    if ((link_ && link_->session().alive()) || (tunnel_ && tunnel_->alive())) co_return;
    lose_session();
    if (target_.transport == SshTransport::OpenSsh) {
      co_await open_tunnel("");
      co_return;
    }
    std::optional<SshError> unfit;
    try {
      std::shared_ptr<SshLink> link = co_await hub_.reach(target_.chain);
      link_ = std::move(link);
    } catch (const SshError& error) {
      const bool other_way = target_.transport == SshTransport::Auto;
      if (!other_way || !wants_openssh(error.fault())) throw;
      unfit = error;
    }
    if (unfit) co_await open_tunnel(unfit->message());
    trust();
  }

  Task<void> open_tunnel(std::string why) {
    std::unique_ptr<OpensshTunnel> tunnel = co_await hub_.tunnel(target_.chain, target_.engine_socket);
    tunnel_ = std::move(tunnel);
    trust();
    tunnel_note_ = std::move(why);
  }

  void trust() {
    report_.trust = LinkReport::Trust::Trusted;
    report_.trust_message.clear();
    report_.offered.reset();
  }

  // What was found out about one session need not hold for the next: the server may have another configuration.
  void lose_session() {
    link_.reset();
    tunnel_.reset();
    chosen_.reset();
  }

  Task<base::StreamPtr> open_stream(steady_clock::duration limit) {
    if (tunnel_) co_return co_await open_through_tunnel(limit);
    const std::shared_ptr<SshLink> link = link_;
    if (chosen_ == SshTransport::Streamlocal) co_return co_await open_socket(*link, limit);
    if (chosen_ == SshTransport::DialStdio) co_return co_await processes_.open(link, limit);
    if (target_.transport == SshTransport::Streamlocal) {
      base::StreamPtr stream = co_await open_socket(*link, limit);
      choose(SshTransport::Streamlocal, "Streamlocal", "");
      co_return stream;
    }
    if (target_.transport == SshTransport::DialStdio) {
      base::StreamPtr stream = co_await processes_.probe(link, limit);
      choose(SshTransport::DialStdio, "DialStdio", "");
      co_return stream;
    }
    co_return co_await find_way(link, limit);
  }

  Task<base::StreamPtr> open_through_tunnel(steady_clock::duration limit) {
    const std::shared_ptr<OpensshTunnel> tunnel = tunnel_;
    if (chosen_) co_return co_await tunnel->connect(limit);
    base::StreamPtr stream = co_await tunnel->probe(limit);
    choose(SshTransport::OpenSsh, "OpenSSH", tunnel_note_);
    co_return stream;
  }

  // Auto. The user's own docker CLI decides which engine DialStdio reaches, so it stands in for the default socket
  // only.
  Task<base::StreamPtr> find_way(std::shared_ptr<SshLink> link, steady_clock::duration limit) {
    std::string refused;
    try {
      base::StreamPtr stream = co_await open_socket(*link, limit);
      choose(SshTransport::Streamlocal, "Streamlocal", "");
      co_return stream;
    } catch (const SshError& error) {
      if (error.fault() != SshFault::EngineSocketRefused || target_.engine_socket != kDefaultEngineSocket) throw;
      refused = error.message();
    }
    base::StreamPtr process;
    try {
      process = co_await processes_.probe(link, limit);
    } catch (const SshError& error) {
      throw SshError(error.fault(), refused + "; by docker system dial-stdio: " + error.message());
    }
    // An engine that came up between the two tries is reached the better way after all.
    try {
      base::StreamPtr stream = co_await open_socket(*link, limit);
      choose(SshTransport::Streamlocal, "Streamlocal", "");
      co_return stream;
    } catch (const SshError& error) {
      if (error.fault() != SshFault::EngineSocketRefused) throw;
    }
    choose(SshTransport::DialStdio, "DialStdio",
           "the server opens no channel to " + target_.engine_socket + ": forwarding is off, or its user may not");
    co_return process;
  }

  Task<base::StreamPtr> open_socket(SshLink& link, steady_clock::duration limit) {
    try {
      co_return co_await link.session().open_socket(target_.engine_socket, limit);
    } catch (const SshError& error) {
      if (error.fault() != SshFault::ForwardingRefused) throw;
      throw SshError(SshFault::EngineSocketRefused,
                     host().name() + ": no channel to " + target_.engine_socket + " (" + error.message() +
                         "): nothing listens there, user \"" + host().user +
                         "\" may not open it, or the server forbids forwarding to sockets");
    }
  }

  void choose(SshTransport transport, const char* name, std::string note) {
    chosen_ = transport;
    report_.transport = name;
    report_.note = std::move(note);
  }

  void note(const SshError& error) {
    report_.fault = to_string(error.fault());
    if (const auto* untrusted = dynamic_cast<const SshTrustError*>(&error)) {
      report_.trust =
          error.fault() == SshFault::HostKeyChanged ? LinkReport::Trust::Changed : LinkReport::Trust::Unknown;
      report_.trust_message = error.message();
      report_.offered = untrusted->offered();
    } else if (is_final(error.fault())) {
      trust();  // credentials are looked at only where the host key is right
    }
    hold_.failed(error, steady_clock::now());
  }

  SshHub& hub_;
  SshTarget target_;
  std::shared_ptr<SshLink> link_;
  std::shared_ptr<OpensshTunnel> tunnel_;  // instead of it
  std::string tunnel_note_;
  std::optional<SshTransport> chosen_;  // for this session
  DialStdio processes_;
  RetryHold hold_;
  LinkReport report_;
};

}  // namespace

SshTransport ssh_transport_named(std::string_view name) {
  if (name == "Streamlocal") return SshTransport::Streamlocal;
  if (name == "DialStdio") return SshTransport::DialStdio;
  return name == "OpenSSH" ? SshTransport::OpenSsh : SshTransport::Auto;
}

std::unique_ptr<Connector> ssh_connector(SshHub& hub, SshTarget target) {
  return std::make_unique<SshConnector>(hub, std::move(target));
}

}  // namespace berth::docker
