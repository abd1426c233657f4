// SPDX-License-Identifier: Apache-2.0
#pragma once
// A whole server over the memory store, on loopback with TLS and two loops, and clients for it.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/pki.hpp"
#include "api/server.hpp"
#include "base/crypto.hpp"
#include "base/http_client.hpp"
#include "base/scope.hpp"
#include "base/status.hpp"
#include "store/memory_store.hpp"

namespace berth::api::testing {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// One connection. It lives on the loop that it is given; its calls wait for the answer.
class Client {
 public:
  Client(base::Loop& loop, std::uint16_t port, const std::string& ca, std::optional<base::PemPair> identity);
  Client(Client&&) noexcept = default;
  ~Client();

  base::HttpResponse send(const std::string& method, const std::string& target, const std::string& body = "",
                          const HeaderList& headers = {});
  base::HttpResponse get(const std::string& target, const HeaderList& headers = {}) {
    return send("GET", target, "", headers);
  }
  // Sends a request and reads the head of its answer; then next_line().
  base::HttpResponse begin(const std::string& target, const HeaderList& headers = {});
  // The next line of a streamed answer without its end; nothing at the end of the stream.
  std::optional<std::string> next_line();
  base::Json next_event();

  // Bytes as they are, and what comes back until the server closes.
  void write(const std::string& bytes);
  std::string read_to_end();
  // Up to and with `text`.
  std::string read_until(const std::string& text);
  void close();
  bool reusable() { return http_->reusable(); }

 private:
  base::Loop& loop_;
  std::unique_ptr<base::HttpClientConnection> http_;
  std::string read_;
};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest();
  ~ServerTest() override;

  // Where a test wants other options, it sets them before start().
  void start();
  // As berth-admin in system:masters; with the given certificate; with none.
  Client admin() { return Client(client_loop_, port(), pki_.ca.certificate, admin_identity_); }
  Client anonymous() { return Client(client_loop_, port(), pki_.ca.certificate, std::nullopt); }
  std::uint16_t port() const { return server_->port(); }
  void drain(std::chrono::milliseconds limit);
  double metric(const std::string& name);
  // Waits until a gauge or counter has a value; fails after ten seconds.
  void await_metric(const std::string& name, double value);

  std::filesystem::path folder_;
  base::Metrics metrics_;
  base::FakeClock clock_;
  std::unique_ptr<store::Store> store_;
  std::optional<store::KeyRing> keys_;
  std::unique_ptr<resources::Resources> resources_;
  Pki pki_;
  base::PemPair admin_identity_;
  ServerOptions options_;
  base::Loop first_loop_{"api-0"};
  base::Loop second_loop_{"api-1"};
  base::Loop client_loop_{"client"};
  std::unique_ptr<Server> server_;
  bool drained_ = false;
};

// A Container that validates, as JSON.
std::string container(const std::string& name, const std::string& image = "nginx:1.27");

inline constexpr const char* kContainers = "/apis/berth.dev/v1/namespaces/default/containers";

// The body as metav1.Status: checks its shape, and that its code is the answer's.
base::Json status_of(const base::HttpResponse& response);
#define EXPECT_STATUS(response, expected_code, expected_reason)                             \
  do {                                                                                      \
    const berth::base::HttpResponse& checked_ = (response);                                 \
    EXPECT_EQ(checked_.status, expected_code) << checked_.body;                             \
    const berth::base::Json status_ = berth::api::testing::status_of(checked_);             \
    EXPECT_EQ(berth::base::string_at(status_, "reason"), expected_reason) << checked_.body; \
  } while (false)

}  // namespace berth::api::testing
