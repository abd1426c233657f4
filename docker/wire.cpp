// SPDX-License-Identifier: Apache-2.0
#include "docker/wire.hpp"

#include <algorithm>
#include <charconv>

#include "base/scope.hpp"
#include "base/status.hpp"
#include "docker/errors.hpp"

namespace berth::docker {

using base::HttpRequest;
using base::HttpResponse;
using base::Reason;
using base::Status;
using std::chrono::steady_clock;

namespace {

constexpr auto kPingLimit = std::chrono::seconds(10);
constexpr auto kReachLimit = std::chrono::seconds(10);

ApiVersion parse_version(std::string_view text) {
  ApiVersion version{0, 0};
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return version;
  std::from_chars(text.data(), text.data() + dot, version.major);
  std::from_chars(text.data() + dot + 1, text.data() + text.size(), version.minor);
  return version;
}

std::string outcome_of(int status) { return status < 400 ? "ok" : status < 500 ? "refused" : "failed"; }

std::string outcome_of(const Status& status) {
  if (status.reason() == Reason::Timeout) return "timeout";
  return status.reason() == Reason::Cancelled ? "cancelled" : "unreachable";
}

// The engine turned the version down: it was replaced under a connection that stayed.
bool version_refused(const HttpResponse& response) {
  return response.status == 400 && error_message(response).starts_with("client version ");
}

}  // namespace

std::string to_string(ApiVersion version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

Query& Query::add(std::string_view key, std::string_view value) {
  text_ += text_.empty() ? '?' : '&';
  text_.append(key).append("=").append(base::percent_encode(value));
  return *this;
}

Wire::Wire(std::unique_ptr<Connector> connector, std::string host, base::Metrics& metrics,
           std::function<void()> on_silence)
    : pool_(std::move(connector)), host_(std::move(host)), metrics_(metrics), on_silence_(std::move(on_silence)) {
  writes_ = metrics_.counter("berth_engine_writes_total", "Calls that may change an engine.", {{"host", host_}});
}

HttpRequest Wire::request_for(const Call& call) const {
  HttpRequest request;
  request.method = call.method;
  request.target = "/v" + to_string(api_) + call.path;
  request.headers = call.headers;
  request.headers.set("Host", "docker");
  if (!call.body.empty() && !request.headers.has("Content-Type")) {
    request.headers.set("Content-Type", "application/json");
  }
  request.body = call.body;
  return request;
}

void Wire::lose_connections() {
  settled_ = false;
  pool_.clear();
}

Task<HttpResponse> Wire::send(Call call) {
  HttpResponse response = co_await exchange(std::move(call));
  if (response.status >= 400) throw error_of(response);
  co_return response;
}

Task<HttpResponse> Wire::exchange(Call call) {
  const auto start = steady_clock::now();
  if (call.writes()) writes_.increment();
  std::exception_ptr error;
  try {
    HttpResponse response = co_await base::within(call.limit, call.operation, exchange_at_version(call));
    record(call, outcome_of(response.status), start);
    co_return response;
  } catch (...) {
    error = std::current_exception();
  }
  const Status status = base::to_status(error);
  record(call, outcome_of(status), start);
  if (status.reason() == Reason::Timeout) {
    lose_connections();
    pool_.suspect();
    if (on_silence_) on_silence_();
  }
  std::rethrow_exception(error);
}

Task<HttpResponse> Wire::exchange_at_version(const Call& call) {
  co_await settle_version();
  HttpRequest request = request_for(call);
  HttpResponse response = co_await round_trip(call, std::move(request));
  if (!version_refused(response)) co_return response;
  settled_ = false;
  co_await settle_version();
  HttpRequest again = request_for(call);
  co_return co_await round_trip(call, std::move(again));
}

Task<HttpResponse> Wire::round_trip(const Call& call, HttpRequest request) {
  Connection connection = pool_.take_idle();
  bool reused = connection != nullptr;
  while (true) {
    if (!connection) connection = co_await pool_.connect(call.limit);
    std::optional<Status> failure;
    HttpResponse response;
    try {
      response = co_await connection->send(request);
    } catch (const Status& status) {
      failure = status;
    }
    if (!failure) {
      pool_.give_back(std::move(connection));
      co_return response;
    }
    const bool again = reused && !call.writes() && !connection->answered();
    connection.reset();
    lose_connections();
    if (failure->reason() != Reason::ServiceUnavailable) throw *failure;
    if (!again) {
      throw Status(Reason::ServiceUnavailable, pool_.describe() + ": " + failure->message() +
                                                   (call.writes() ? "; whether the engine did it is not known" : ""));
    }
    reused = false;
  }
}

Task<Wire::Streamed> Wire::open(Call call) {
  const auto start = steady_clock::now();
  if (call.writes()) writes_.increment();
  std::exception_ptr error;
  try {
    co_await settle_version();
    const HttpRequest request = request_for(call);
    Streamed streamed;
    streamed.connection = co_await pool_.connect(call.limit);
    streamed.head = co_await base::within(call.limit, call.operation, streamed.connection->send_for_stream(request));
    record(call, outcome_of(streamed.head.status), start);
    co_return streamed;
  } catch (...) {
    error = std::current_exception();
  }
  record(call, outcome_of(base::to_status(error)), start);
  std::rethrow_exception(error);
}

Task<void> Wire::settle_version() {
  if (pool_.drop_dead()) lose_connections();
  if (settled_) co_return;
  co_await negotiate();
}

Task<ApiVersion> Wire::ping() { return negotiate(); }

Task<void> Wire::reach() {
  Connection connection = pool_.take_idle();
  if (!connection) connection = co_await pool_.connect(kReachLimit);
  pool_.give_back(std::move(connection));
}

Task<ApiVersion> Wire::negotiate() {
  Call call;
  call.operation = "ping";
  call.method = "HEAD";
  call.limit = kPingLimit;
  HttpRequest request;
  request.method = "HEAD";
  request.target = "/_ping";
  request.headers.set("Host", "docker");
  const auto start = steady_clock::now();
  std::exception_ptr error;
  HttpResponse response;
  try {
    response = co_await base::within(call.limit, call.operation, round_trip(call, std::move(request)));
  } catch (...) {
    error = std::current_exception();
  }
  if (error) {
    record(call, outcome_of(base::to_status(error)), start);
    std::rethrow_exception(error);
  }
  record(call, outcome_of(response.status), start);
  if (response.status >= 400) throw error_of(response);
  const ApiVersion theirs = parse_version(response.headers.get("Api-Version"));
  if (theirs < kOldestApi) {
    throw base::bad_request(pool_.describe() + ": the engine speaks API " + to_string(theirs) + ", " +
                            to_string(kOldestApi) + " or newer is needed");
  }
  api_ = std::min(theirs, kNewestApi);
  settled_ = true;
  co_return theirs;
}

void Wire::record(const Call& call, const std::string& outcome, steady_clock::time_point start) {
  const auto [counter, fresh] = counters_.try_emplace(call.operation + " " + outcome);
  if (fresh) {
    counter->second = metrics_.counter("berth_engine_calls_total", "Calls of the Engine API.",
                                       {{"host", host_}, {"operation", call.operation}, {"outcome", outcome}});
  }
  counter->second.increment();
  const auto [histogram, first] = histograms_.try_emplace(call.operation);
  if (first) {
    histogram->second =
        metrics_.histogram("berth_engine_call_seconds", "Time from a call of the Engine API to its answer.",
                           {0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 5, 15, 60}, {{"operation", call.operation}});
  }
  histogram->second.observe(std::chrono::duration<double>(steady_clock::now() - start).count());
}

}  // namespace berth::docker
