// SPDX-License-Identifier: Apache-2.0
#pragma once
// A registry's front door for tests: GET /v2/ with Basic, with a Bearer token of its own token server, or open, over
// plain HTTP or TLS. On the loop of the test; stop() comes before its end.
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.hpp"
#include "base/http_server.hpp"
#include "base/scope.hpp"
#include "base/status.hpp"
#include "base/tls.hpp"

namespace berth::docker::testing {

class FakeRegistry {
 public:
  enum class Asks { Nobody, Basic, Bearer };

  FakeRegistry(base::Executor loop, Asks asks, std::optional<base::PemPair> identity = std::nullopt)
      : asks_(asks), scope_(loop, "fake registry"), listener_(base::listen_tcp(loop, "127.0.0.1:0")) {
    if (identity) tls_ = base::TlsContext::for_server(*identity, "");
    scope_.spawn(accept());
  }
  base::Task<void> stop() {
    listener_->close();
    scope_.cancel();
    co_await scope_.join();
  }

  std::string server() const { return "127.0.0.1:" + std::to_string(listener_->port()); }
  std::string realm() const { return (tls_ ? "https://" : "http://") + server() + "/token"; }

  std::string user = "alice";
  std::string password = "wonderland";
  std::string refresh_token = "refresh-1";
  bool anybody = false;                  // tokens are given to who shows no credentials
  std::optional<std::string> names;      // as the token server, in place of its own
  int status = 0;                        // of every answer; 0 for the right one
  std::vector<std::string> requests;     // "GET /v2/", with the target as it came
  std::vector<std::string> credentials;  // Authorization of each, "" for none

 private:
  base::Task<void> accept() {
    for (;;) {
      base::StreamPtr stream = co_await listener_->accept();
      scope_.spawn(serve(std::move(stream)));
    }
  }
  base::Task<void> serve(base::StreamPtr stream) {
    try {
      if (tls_) stream = co_await base::accept_tls(std::move(stream), tls_, std::chrono::seconds(10));
      base::HttpServerConnection connection(std::move(stream), {});
      while (const auto request = co_await connection.read_request()) co_await connection.respond(answer(*request));
    } catch (const base::Status&) {
      // A client that speaks no TLS, or went away.
    }
  }
  base::HttpResponse answer(const base::HttpRequest& request) {
    requests.push_back(request.method + " " + request.target);
    credentials.emplace_back(request.headers.get("Authorization"));
    base::HttpResponse response;
    if (status != 0) {
      response.status = status;
      return response;
    }
    return request.target.starts_with("/token") ? give_token(request) : open_door(request);
  }
  base::HttpResponse open_door(const base::HttpRequest& request) const {
    const std::string_view shown = request.headers.get("Authorization");
    base::HttpResponse response;
    const bool good = asks_ == Asks::Nobody || (asks_ == Asks::Basic && shown == basic()) ||
                      (asks_ == Asks::Bearer && shown == "Bearer token-1");
    if (good) return response;
    response.status = 401;
    response.body = R"({"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]})";
    response.headers.add("WWW-Authenticate", asks_ == Asks::Basic
                                                 ? R"(Basic realm="Registry")"
                                                 : "Bearer realm=\"" + names.value_or(realm()) + "\",service=\"fake\"");
    return response;
  }
  base::HttpResponse give_token(const base::HttpRequest& request) const {
    const std::string_view shown = request.headers.get("Authorization");
    const bool refreshed = request.method == "POST" && request.body.ends_with("&refresh_token=" + refresh_token);
    base::HttpResponse response;
    if (shown == basic() || refreshed || (anybody && shown.empty())) {
      response.body = R"({"token":"token-1","expires_in":300})";
      return response;
    }
    response.status = request.method == "POST" ? 400 : 401;
    response.body = R"({"details":"incorrect username or password for )" + std::string(shown) + "\"}";
    return response;
  }
  std::string basic() const { return "Basic " + base::to_base64(user + ":" + password); }

  Asks asks_;
  std::shared_ptr<base::TlsContext> tls_;
  base::Scope scope_;
  std::unique_ptr<base::Listener> listener_;
};

}  // namespace berth::docker::testing
