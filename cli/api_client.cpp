// SPDX-License-Identifier: Apache-2.0
#include "cli/api_client.hpp"

#include <array>

#include "base/scope.hpp"
#include "base/status.hpp"

namespace berth::cli {
namespace {

constexpr std::chrono::seconds kConnectLimit{10};

base::Reason reason_of(std::string_view text, int code) {
  constexpr std::array kAll{base::Reason::BadRequest,
                            base::Reason::Unauthorized,
                            base::Reason::Forbidden,
                            base::Reason::NotFound,
                            base::Reason::MethodNotAllowed,
                            base::Reason::NotAcceptable,
                            base::Reason::AlreadyExists,
                            base::Reason::Conflict,
                            base::Reason::Gone,
                            base::Reason::Expired,
                            base::Reason::RequestEntityTooLarge,
                            base::Reason::UnsupportedMediaType,
                            base::Reason::Invalid,
                            base::Reason::TooManyRequests,
                            base::Reason::InternalError,
                            base::Reason::ServerTimeout,
                            base::Reason::ServiceUnavailable,
                            base::Reason::Timeout};
  for (const base::Reason reason : kAll) {
    if (base::to_string(reason) == text) return reason;
  }
  for (const base::Reason reason : kAll) {
    if (base::http_code(reason) == code) return reason;
  }
  return base::Reason::InternalError;
}

// `299 - "text"`: the text, unquoted.
std::string warning_text(std::string_view header) {
  const auto open = header.find('"');
  if (open == std::string_view::npos) return std::string(header);
  std::string text;
  for (std::size_t i = open + 1; i < header.size() && header[i] != '"'; ++i) {
    if (header[i] == '\\' && i + 1 < header.size()) ++i;
    text.push_back(header[i]);
  }
  return text;
}

// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
void add_impersonation(base::Headers& headers, const Impersonation& as) {
  if (as.user.empty()) return;
  headers.add("Impersonate-User", as.user);
  if (!as.uid.empty()) headers.add("Impersonate-Uid", as.uid);
  for (const std::string& group : as.groups) headers.add("Impersonate-Group", group);
  for (const auto& [key, values] : as.extra) {
    for (const std::string& value : values) headers.add("Impersonate-Extra-" + base::percent_encode(key), value);
  }
}

std::vector<base::Cause> causes_of(const Json& status) {
  std::vector<base::Cause> causes;
  const Json* list = base::find_path(status, "details.causes");
  if (list == nullptr || !list->is_array()) return causes;
  for (const Json& cause : list->get_array()) {
    causes.push_back({std::string(base::string_at(cause, "reason")), std::string(base::string_at(cause, "message")),
                      std::string(base::string_at(cause, "field"))});
  }
  return causes;
}

}  // namespace

base::Status status_of(int code, const std::string& body) {
  Json value;
  try {
    value = base::parse_json(body);
  } catch (const base::Status&) {
    return {reason_of("", code), body.empty() ? "the server answered " + std::to_string(code) : body};
  }
  base::Details details;
  details.name = base::string_at(value, "details.name");
  details.group = base::string_at(value, "details.group");
  details.kind = base::string_at(value, "details.kind");
  details.uid = base::string_at(value, "details.uid");
  details.causes = causes_of(value);
  return {reason_of(base::string_at(value, "reason"), code), std::string(base::string_at(value, "message")),
          std::move(details)};
}

WatchStream::WatchStream(std::unique_ptr<base::HttpClientConnection> connection) : connection_(std::move(connection)) {}

Task<std::optional<Json>> WatchStream::next() {
  for (;;) {
    const auto end = rest_.find('\n');
    if (end != std::string::npos) {
      Json frame = base::parse_json(std::string_view(rest_).substr(0, end));
      rest_.erase(0, end + 1);
      if (base::string_at(frame, "type") == "ERROR") {
        const Json& status = frame.at("object");
        throw status_of(static_cast<int>(base::int_at(status, "code", 500)), base::to_canonical(status));
      }
      co_return frame;
    }
    const std::string piece = co_await connection_->read_body();
    if (piece.empty()) co_return std::nullopt;
    rest_ += piece;
  }
}

ApiClient::ApiClient(Access access) : access_(std::move(access)) {
  if (!access_.plain) tls_ = base::TlsContext::for_client(access_.certificate_authority, access_.identity);
}

Task<std::unique_ptr<base::HttpClientConnection>> ApiClient::connect() {
  std::exception_ptr error;
  try {
    base::StreamPtr stream = co_await base::connect_tcp(access_.host, access_.port, kConnectLimit);
    if (tls_) stream = co_await base::connect_tls(std::move(stream), tls_, access_.server_name, kConnectLimit);
    co_return std::make_unique<base::HttpClientConnection>(std::move(stream));
  } catch (const base::Status&) {
    error = std::current_exception();
  }
  throw base::to_status(error).with_prefix("cannot reach the server " + access_.server +
                                           " (is berthd running? `./dev up` or `berthd --data-dir DIR` starts it)");
}

base::HttpRequest ApiClient::request(std::string method, std::string path, std::string accept) const {
  base::HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(path);
  request.headers.add("Host", access_.host + ":" + std::to_string(access_.port));
  request.headers.add("User-Agent", std::string("berth/") + BERTH_VERSION);
  request.headers.add("Accept", std::move(accept));
  if (!access_.token.empty()) request.headers.add("Authorization", "Bearer " + access_.token);
  add_impersonation(request.headers, access_.impersonation);
  return request;
}

Task<Reply> ApiClient::exchange(base::HttpRequest request) {
  const auto limit = access_.request_timeout;
  if (limit.count() == 0) co_return co_await exchange_unbounded(std::move(request));
  const std::string what = request.method + " " + request.target.substr(0, request.target.find('?'));
  auto answer = exchange_unbounded(std::move(request));
  try {
    co_return co_await base::within(limit, what, std::move(answer));
  } catch (const base::Status& status) {
    if (status.reason() == base::Reason::Timeout) connection_.reset();  // half an answer may still come on it
    throw;
  }
}

Task<Reply> ApiClient::exchange_unbounded(base::HttpRequest request) {
  if (!connection_ || !connection_->reusable()) connection_ = co_await connect();
  const base::HttpResponse response = co_await connection_->send(request);
  if (response.status >= 300) throw status_of(response.status, response.body);
  Reply reply;
  reply.status = response.status;
  for (const std::string_view warning : response.headers.get_all("Warning")) {
    reply.warnings.push_back(warning_text(warning));
  }
  const base::JsonLimits generous{.max_bytes = std::size_t{1} << 30};
  if (!response.body.empty()) reply.body = base::parse_json(response.body, generous);
  co_return reply;
}

Task<Reply> ApiClient::get(std::string path, std::string accept) {
  base::HttpRequest message = request("GET", std::move(path), std::move(accept));
  co_return co_await exchange(std::move(message));
}

Task<Reply> ApiClient::send(std::string method, std::string path, std::string content_type, std::string body) {
  base::HttpRequest message = request(std::move(method), std::move(path), "application/json");
  message.headers.add("Content-Type", std::move(content_type));
  message.body = std::move(body);
  co_return co_await exchange(std::move(message));
}

Task<WatchStream> ApiClient::watch(std::string path, std::string accept) {
  base::HttpRequest message = request("GET", std::move(path), std::move(accept));
  co_return co_await open_stream(std::move(message));
}

Task<WatchStream> ApiClient::follow(std::string path, std::string body) {
  base::HttpRequest message = request("POST", std::move(path), "application/json");
  message.headers.add("Content-Type", "application/json");
  message.body = std::move(body);
  co_return co_await open_stream(std::move(message));
}

Task<WatchStream> ApiClient::open_stream(base::HttpRequest request) {
  auto connection = co_await connect();
  const base::HttpResponse head = co_await connection->send_for_stream(request);
  if (head.status >= 300) {
    std::string body;
    for (std::string piece = co_await connection->read_body(); !piece.empty();) {
      body += piece;
      piece = co_await connection->read_body();
    }
    throw status_of(head.status, body);
  }
  co_return WatchStream(std::move(connection));
}

}  // namespace berth::cli
