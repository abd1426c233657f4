// SPDX-License-Identifier: Apache-2.0
#include "docker/registry_probe.hpp"

#include <algorithm>
#include <optional>

#include "base/checked_tcp.hpp"
#include "base/crypto.hpp"
#include "base/http_client.hpp"
#include "base/json.hpp"
#include "base/scope.hpp"
#include "base/status.hpp"
#include "base/tls.hpp"
#include "docker/registry_challenge.hpp"

namespace berth::docker {
namespace {

using base::Task;
using Answer = RegistryAnswer;
using Credential = RegistryAccess::Credential;
using Reach = Answer::Reach;
using Login = Answer::Login;

constexpr std::chrono::seconds kStep{10};  // one connection, or one answer
constexpr std::size_t kMostAnswer = 64 * 1024;
constexpr std::size_t kMostWords = 300;

bool is_loopback(std::string_view server) {
  return server.starts_with("127.") || server.starts_with("[::1]") || server == "localhost" ||
         server.starts_with("localhost:");
}

std::string answered(const base::HttpResponse& response) {
  return "answered " + std::to_string(response.status) + " " + std::string(base::http_phrase(response.status));
}

class Probe {
 public:
  explicit Probe(RegistryAccess access) : access_(std::move(access)) {}

  Task<Answer> run() {
    std::optional<base::HttpResponse> first = co_await knock();
    if (!first) co_return answer_;
    judge(*first);
    if (answer_.reach != Reach::Reached || answer_.login != Login::NotTried) co_return answer_;
    std::vector<RegistryChallenge> challenges;
    for (const std::string_view header : first->headers.get_all("WWW-Authenticate")) {
      for (RegistryChallenge& each : parse_challenges(header)) challenges.push_back(std::move(each));
    }
    co_await log_in(challenges);
    co_return answer_;
  }

 private:
  enum class Trust { Verified, Any, Plain };

  bool lenient() const { return access_.insecure || (is_loopback(access_.server) && access_.ca_bundle.empty()); }

  // The first answer to GET /v2/, by the transports that are allowed.
  Task<std::optional<base::HttpResponse>> knock() {
    std::string failures;
    for (const Trust trust : lenient() ? std::vector{Trust::Any, Trust::Plain} : std::vector{Trust::Verified}) {
      trust_ = trust;
      const auto at = registry_address(access_.server, trust == Trust::Plain ? Transport::Plain : Transport::Tls);
      if (!at) {
        fail(Reach::Unreachable, "\"" + access_.server + "\" is no address");
        co_return std::nullopt;
      }
      std::exception_ptr error;
      try {
        base::HttpRequest request;
        request.target = at->target;
        co_return co_await exchange(*at, std::move(request));
      } catch (...) {
        error = std::current_exception();
      }
      const base::Status status = base::to_status(error);
      if (status.reason() == base::Reason::Cancelled) throw status;
      if (status.reason() == base::Reason::Forbidden) {
        fail(Reach::NotAllowed, status.message());
        co_return std::nullopt;
      }
      failures += (failures.empty() ? "" : "; by plain HTTP: ") + status.message();
      fail(status.reason() == base::Reason::Unauthorized ? Reach::Untrusted
           : status.reason() == base::Reason::Timeout    ? Reach::TimedOut
                                                         : Reach::Unreachable,
           failures);
    }
    co_return std::nullopt;
  }

  Task<base::HttpResponse> exchange(const WebAddress& at, base::HttpRequest request) {
    const base::AddressCheck check = [near = access_.loopback](const std::string& address) {
      return why_not_probed(address, near);
    };
    base::StreamPtr stream = co_await base::connect_tcp_checked(at.host, at.port, kStep, check);
    if (at.tls) stream = co_await base::connect_tls(std::move(stream), context(), at.host, kStep);
    base::HttpClientConnection connection(std::move(stream));
    connection.stream().expires_after(kStep);
    request.headers.set("Host", at.authority());
    request.headers.set("User-Agent", "berth");
    request.headers.set("Accept", "application/json");
    request.headers.set("Connection", "close");
    base::HttpResponse response = co_await connection.send(request, kMostAnswer);
    connection.stream().close();
    co_return response;
  }

  std::shared_ptr<base::TlsContext> context() const {
    if (trust_ == Trust::Verified) return base::TlsContext::for_client(access_.ca_bundle, std::nullopt);
    return base::TlsContext::for_any_server();
  }

  void judge(const base::HttpResponse& response) {
    if (response.status == 200) {
      reached(Login::NotAsked, "the registry asks for no credentials");
    } else if (response.status == 429) {
      reached(Login::RateLimited, "the registry " + answered(response));
    } else if (response.status == 401) {
      reached(Login::NotTried, "");
    } else if (response.status >= 500) {
      fail(Reach::Unreachable, "the registry " + answered(response));
    } else {
      fail(Reach::NotARegistry, "GET /v2/ was " + answered(response) + ": no registry is there");
    }
  }

  Task<void> log_in(std::vector<RegistryChallenge> challenges) {
    const auto find = [&challenges](std::string_view scheme) {
      return std::ranges::find(challenges, scheme, &RegistryChallenge::scheme);
    };
    if (const auto bearer = find("bearer"); bearer != challenges.end()) {
      co_await by_token(*bearer);
    } else if (find("basic") != challenges.end()) {
      co_await by_password();
    } else {
      said(Login::Failed, "the registry wants credentials by neither Basic nor Bearer");
    }
  }

  Task<void> by_password() {
    if (access_.credential == Credential::None) {
      co_return said(Login::Required, "the registry wants credentials, and spec has none");
    }
    if (access_.credential == Credential::IdentityToken) {
      co_return said(Login::Denied, "the registry wants a user name and a password, and spec has an identity token");
    }
    const base::HttpResponse answer = co_await ask_again(basic());
    conclude(answer, "the registry", Login::Accepted);
  }

  Task<void> by_token(RegistryChallenge challenge) {
    const std::string realm = challenge.value("realm");
    const auto at = parse_web_address(realm);
    if (!at) co_return said(Login::Failed, "the registry names \"" + printable(realm) + "\" as its token server");
    if (!at->tls && trust_ != Trust::Plain && !lenient()) {
      co_return said(Login::Failed, "the registry's token server " + at->authority() +
                                        " does not speak TLS: no credentials are sent there");
    }
    const std::string server = "the token server " + at->authority();
    base::HttpResponse answer;
    std::exception_ptr error;
    try {
      answer = co_await exchange(*at, token_request(*at, challenge));
    } catch (...) {
      error = std::current_exception();
    }
    if (error) {
      const base::Status status = base::to_status(error);
      if (status.reason() == base::Reason::Cancelled) throw status;
      co_return said(Login::Failed, server + ": " + status.message());
    }
    if (answer.status != 200) co_return conclude(answer, server, Login::Accepted);
    const std::string token = token_of(answer);
    if (token.empty()) co_return said(Login::Failed, server + " answered without a token");
    const bool anybody = access_.credential == Credential::None;
    answer = co_await ask_again("Bearer " + token);
    conclude(answer, "the registry", anybody ? Login::Anonymous : Login::Accepted);
  }

  // As docker login asks: a token that is good for no repository, and still tells whether the credentials are.
  base::HttpRequest token_request(const WebAddress& at, const RegistryChallenge& challenge) const {
    base::HttpRequest request;
    request.target = at.target;
    if (access_.credential == Credential::IdentityToken) {
      request.method = "POST";
      request.headers.set("Content-Type", "application/x-www-form-urlencoded");
      request.body =
          "grant_type=refresh_token&client_id=berth&service=" + base::percent_encode(challenge.value("service")) +
          "&refresh_token=" + base::percent_encode(access_.secret);
      return request;
    }
    const auto add = [&request](std::string_view name, const std::string& value) {
      if (value.empty()) return;
      request.target += request.target.find('?') == std::string::npos ? '?' : '&';
      request.target.append(name).append("=").append(base::percent_encode(value));
    };
    add("service", challenge.value("service"));
    add("scope", challenge.value("scope"));
    add("client_id", "berth");
    if (access_.credential == Credential::Password) {
      add("account", access_.username);
      request.headers.set("Authorization", basic());
    }
    return request;
  }

  static std::string token_of(const base::HttpResponse& answer) {
    try {
      const base::Json body = base::parse_json(answer.body);
      std::string token(base::string_at(body, "token"));
      if (token.empty()) token = base::string_at(body, "access_token");
      const bool one_word = std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7f; });
      return one_word ? token : "";
    } catch (const base::Status&) {
      return "";
    }
  }

  std::string basic() const { return "Basic " + base::to_base64(access_.username + ":" + std::string(access_.secret)); }

  Task<base::HttpResponse> ask_again(std::string authorization) {
    const auto at = registry_address(access_.server, trust_ == Trust::Plain ? Transport::Plain : Transport::Tls);
    base::HttpRequest request;
    request.target = at->target;
    request.headers.set("Authorization", std::move(authorization));
    co_return co_await exchange(*at, std::move(request));
  }

  void conclude(const base::HttpResponse& answer, const std::string& who, Login good) {
    const std::string said_so = who + " " + answered(answer) + words_of(answer);
    // A refresh token that does not stand is a 400 (RFC 6749, 5.2).
    const bool bad_token = answer.status == 400 && access_.credential == Credential::IdentityToken;
    if (answer.status == 200) {
      said(good, "");
    } else if (answer.status == 401 || answer.status == 403 || bad_token) {
      said(access_.credential == Credential::None ? Login::Required : Login::Denied, said_so);
    } else {
      said(answer.status == 429 ? Login::RateLimited : Login::Failed, said_so);
    }
  }

  // The server's own sentence, where it has one that does not repeat what it was sent.
  std::string words_of(const base::HttpResponse& answer) const {
    std::string words;
    try {
      const base::Json body = base::parse_json(answer.body);
      const base::Json* errors = base::find_path(body, "errors");
      if (errors != nullptr && errors->is_array() && !errors->get_array().empty()) {
        words = base::string_at(errors->get_array().front(), "message");
      }
      if (words.empty()) words = base::string_at(body, "details");
    } catch (const base::Status&) {
      return "";
    }
    words = printable(words);
    return words.empty() ? "" : ": " + words;
  }

  std::string printable(std::string_view text) const {
    const auto repeats = [text](std::string_view sent) {
      return !sent.empty() && text.find(sent) != std::string_view::npos;
    };
    if (repeats(access_.secret) || (!access_.secret.empty() && repeats(basic().substr(6)))) return "";
    std::string made(text.substr(0, kMostWords));
    std::ranges::replace_if(made, [](char c) { return c < 0x20 || c >= 0x7f; }, '?');
    return made;
  }

  void fail(Reach reach, std::string message) {
    answer_.reach = reach;
    answer_.reach_message = std::move(message);
  }
  void reached(Login login, std::string message) {
    answer_.reach = Reach::Reached;
    answer_.reach_message.clear();
    said(login, std::move(message));
  }
  void said(Login login, std::string message) {
    answer_.login = login;
    answer_.login_message = std::move(message);
  }

  const RegistryAccess access_;
  Trust trust_ = Trust::Verified;
  Answer answer_;
};

Task<Answer> run_probe(RegistryAccess access) {
  Probe probe(std::move(access));
  co_return co_await probe.run();
}

}  // namespace

Task<RegistryAnswer> probe_registry(RegistryAccess access, std::chrono::steady_clock::duration limit) {
  std::exception_ptr error;
  try {
    const std::string what = "registry " + access.server;
    co_return co_await base::within(limit, what, run_probe(std::move(access)));
  } catch (...) {
    error = std::current_exception();
  }
  const base::Status status = base::to_status(error);
  if (status.reason() == base::Reason::Cancelled) throw status;
  RegistryAnswer answer;
  answer.reach = status.reason() == base::Reason::Timeout ? Reach::TimedOut : Reach::Unreachable;
  answer.reach_message = status.message();
  co_return answer;
}

}  // namespace berth::docker
