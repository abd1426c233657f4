// SPDX-License-Identifier: Apache-2.0
#include "api/connection.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/authz.hpp"
#include "api/failure_status.hpp"
#include "api/protobuf_request.hpp"
#include "api/socket_token.hpp"
#include "api/status_json.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"

namespace berth::api {
namespace {

using base::Reason;
using base::Status;
using std::chrono::steady_clock;

constexpr std::size_t kMaxRequestId = 64;

// The client's own id, so that its logs and ours can be joined, or a new one.
std::string request_id_of(const base::HttpRequest& request) {
  for (const std::string_view name : {"X-Request-Id", "Audit-Id"}) {
    const std::string_view id = request.headers.get(name);
    const bool sane = !id.empty() && id.size() <= kMaxRequestId && std::ranges::all_of(id, [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    });
    if (sane) return std::string(id);
  }
  return base::random_uuid();
}

InFlight::Place enter(InFlight& lane, std::string_view who) {
  if (auto place = lane.enter(who)) return std::move(*place);
  throw Status(Reason::TooManyRequests, "too many requests are in flight, please try again later")
      .with_retry_after(std::chrono::seconds(1));
}

bool reads(Verb verb) { return verb == Verb::Get || verb == Verb::List || verb == Verb::Watch; }

bool takes_body(const Route& route) { return route.access != Access::Anyone && route.verb != Verb::Watch; }

// "containers.berth.dev/status", or the path.
std::string resource_text(const resources::Attributes& wanted) {
  if (!wanted.is_resource()) return wanted.path;
  std::string text = wanted.resource;
  if (!wanted.group.empty()) text.append(".").append(wanted.group);
  if (!wanted.subresource.empty()) text.append("/").append(wanted.subresource);
  return text;
}

}  // namespace

Connection::Connection(Services& services, RequestMetrics& metrics, base::Executor loop, base::StreamPtr stream,
                       std::optional<base::PeerCertificate> certificate, const base::HttpServerLimits& limits)
    : services_(services),
      metrics_(metrics),
      peer_(stream->peer()),
      certificate_(std::move(certificate)),
      http_(std::move(stream), limits),
      stopping_(loop) {}

void Connection::drain() {
  http_.drain();
  stopping_.notify();
}

base::Task<void> Connection::serve() {
  try {
    co_await serve_requests();
  } catch (...) {
    // A peer that breaks off is no error of ours.
    base::log_debug("a connection broke off", {{"peer", peer_}, {"error", base::current_status().what()}});
  }
  http_.close();
}

base::Task<void> Connection::serve_requests() {
  do {
    std::optional<base::HttpRequest> request;
    std::optional<Status> unread;
    try {
      request = co_await http_.read_head();
    } catch (...) {
      unread = base::current_status();
    }
    if (unread) co_return co_await answer_unread(*unread);
    if (!request) co_return;
    co_await handle(std::move(*request));
  } while (http_.keep_alive());
}

base::Task<void> Connection::answer_unread(const Status& status) {
  if (status.reason() != Reason::BadRequest) co_return;
  metrics_.record(Verb::None, nullptr, base::http_code(status.reason()), {});
  base::log_info("request refused", {{"peer", peer_}, {"error", status.what()}});
  const base::HttpResponse response = failure_response(status);
  co_await http_.respond(response);
}

base::Task<void> Connection::handle(base::HttpRequest request) {
  const auto begun = steady_clock::now();
  resources::Caller caller;
  caller.source_address = peer_;
  caller.request_id = request_id_of(request);
  Exchange exchange{services_, http_, stopping_, std::move(request), {}, std::move(caller)};
  exchange.refused_now = [this, &exchange] { return refused_now(exchange); };
  std::optional<Status> failure;
  try {
    co_await dispatch(exchange);
  } catch (...) {
    failure = failure_status(std::current_exception(), exchange.caller.request_id);
  }
  if (failure && failure->reason() == Reason::Forbidden) {
    try {
      co_await note_denial(exchange, *failure);
    } catch (...) {
      failure = failure_status(std::current_exception(), exchange.caller.request_id);
    }
  }
  if (failure) co_await answer_failure(exchange, *failure);
  record(exchange, steady_clock::now() - begun);
}

// No coroutine: what it refuses it throws at once.
base::Task<void> Connection::dispatch(Exchange& exchange) {
  move_socket_token(exchange.request);
  exchange.info = read_request_info(exchange.request.method, exchange.request.target);
  const Route* route = find_route(exchange.info.shape, exchange.info.verb);
  if (route == nullptr || route->access != Access::Anyone) admit(exchange);
  if (!is_known_place(exchange.info)) return exchange.respond(page_not_found());
  if (route == nullptr) refuse_route(exchange.info);
  if (exchange.info.is_resource()) exchange.kind = &resolve_kind(exchange.info);
  return run_handler(exchange, *route);
}

base::Task<void> Connection::run_handler(Exchange& exchange, const Route& route) {
  if (route.lane == Lane::Read) exchange.place.emplace(enter(services_.reads, exchange.caller.answerable()));
  if (route.lane == Lane::Write) exchange.place.emplace(enter(services_.writes, exchange.caller.answerable()));
  // Thousands may connect: nobody gets memory for a body who has no right to the request and no place for it.
  if (takes_body(route)) co_await http_.read_body(exchange.request);
  read_protobuf(exchange);
  if (reads(exchange.info.verb)) co_await exchange.note_read();
  co_await route.handler(exchange);
}

resources::Caller Connection::known_caller(const base::HttpRequest& request) const {
  const TokenSources tokens{services_.tokens, &services_.resources.account_tokens()};
  return authenticate(certificate_, request.headers.get("Authorization"), tokens);
}

resources::Caller Connection::identify(const base::HttpRequest& request) const {
  try {
    return known_caller(request);
  } catch (const Status& status) {
    if (status.reason() == Reason::Unauthorized) services_.failed_logins.note(peer_, services_.clock.now());
    throw;
  }
}

// Names the caller, and refuses one that may not.
void Connection::admit(Exchange& exchange) {
  resources::Caller& caller = exchange.caller;
  resources::Caller known = identify(exchange.request);
  known.source_address = std::move(caller.source_address);
  known.request_id = std::move(caller.request_id);
  caller = std::move(known);
  if (auto right = refused(exchange, caller)) {
    exchange.refused = std::move(right->wanted);
    throw std::move(right->status);
  }
}

// The right that the request lacks. Makes `caller` the one that it acts as.
std::optional<RefusedRight> Connection::refused(const Exchange& exchange, resources::Caller& caller) const {
  const resources::Authorizer& authorizer = services_.resources.authorizer();
  if (auto right = impersonate(authorizer, exchange.request, caller)) return right;
  auto status = refusal(authorizer, caller, exchange.info);
  if (!status) return std::nullopt;
  return RefusedRight{attributes_of(exchange.info), *std::move(status)};
}

std::optional<Status> Connection::refused_now(const Exchange& exchange) const {
  try {
    resources::Caller caller = known_caller(exchange.request);
    if (auto right = refused(exchange, caller)) return std::move(right->status);
    return std::nullopt;
  } catch (const Status& status) {
    return status;
  }
}

// On record, whoever said no: a right that was missing, or what the final object would have needed.
base::Task<void> Connection::note_denial(const Exchange& exchange, const Status& refused) {
  const resources::Attributes wanted = exchange.refused ? *exchange.refused : attributes_of(exchange.info);
  co_await services_.resources.note_denial(exchange.caller, wanted.verb, resource_text(wanted), wanted.ns, wanted.name,
                                           refused.message());
}

base::Task<void> Connection::answer_failure(Exchange& exchange, const Status& status) {
  // Begun answers cannot be taken back, and nobody reads the answer of a connection that was ended.
  if (exchange.code != 0 || status.reason() == Reason::Cancelled) co_return http_.close();
  if (base::http_code(status.reason()) == 500) {
    base::log_error("request failed", {{"request", exchange.caller.request_id}, {"error", status.what()}});
  }
  exchange.warnings.clear();
  base::HttpResponse response = failure_response(status);
  co_await exchange.respond(std::move(response));
}

void Connection::record(const Exchange& exchange, steady_clock::duration took) {
  const RequestInfo& info = exchange.info;
  metrics_.record(info.verb, exchange.kind, exchange.code, took);
  // What went well is on record in metrics and, where it changed something, in the audit: a line each costs a tenth
  // of a create.
  const base::LogLevel level = exchange.code < 400 ? base::LogLevel::Debug : base::LogLevel::Info;
  if (!base::is_logged(level)) return;
  const std::string code = std::to_string(exchange.code);
  const std::string milliseconds = fmt::format("{:.3f}", std::chrono::duration<double, std::milli>(took).count());
  base::log(level, "request",
            {{"request", exchange.caller.request_id},
             {"user", exchange.caller.user},
             {"peer", peer_},
             {"verb", to_string(info.verb)},
             {"path", info.path},
             {"status", code},
             {"ms", milliseconds}});
}

}  // namespace berth::api
