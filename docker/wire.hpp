// SPDX-License-Identifier: Apache-2.0
#pragma once
// One call of the Engine API: version, connection, deadline, retry, metrics. It knows no operation.
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/http_client.hpp"
#include "base/metrics.hpp"
#include "docker/client.hpp"
#include "docker/pool.hpp"

namespace berth::docker {

inline constexpr ApiVersion kOldestApi{1, 40};
inline constexpr ApiVersion kNewestApi{1, 55};

// "?a=1&b=x%20y", built key by key; "" while empty.
class Query {
 public:
  Query& add(std::string_view key, std::string_view value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct Call {
  std::string operation;  // "container_start": the label of the metrics
  std::string method = "GET";
  std::string path;  // "/containers/web/start", with its query, without the version
  std::string body;
  base::Headers headers;
  std::chrono::steady_clock::duration limit = std::chrono::seconds(30);

  bool writes() const { return method != "GET" && method != "HEAD"; }
};

class Wire {
 public:
  // `on_silence` is called after each call that got no answer in its time.
  Wire(std::unique_ptr<Connector> connector, std::string host, base::Metrics& metrics,
       std::function<void()> on_silence = {});

  // The answer, whatever its status. Throws ServiceUnavailable and Timeout only.
  Task<base::HttpResponse> exchange(Call call);
  // The same, but an answer of 400 and above is thrown.
  Task<base::HttpResponse> send(Call call);

  // An answer whose body is read piece by piece, on a connection of its own.
  struct Streamed {
    std::unique_ptr<base::HttpClientConnection> connection;
    base::HttpResponse head;
  };
  Task<Streamed> open(Call call);

  // Opens a connection for the calls to come. That may be a long way, with deadlines of its own, so it is no part of
  // any call's limit.
  Task<void> reach();
  LinkReport link() const { return pool_.report(); }

  // HEAD /_ping; settles the version. Returns the engine's newest.
  Task<ApiVersion> ping();
  // Asks for the version unless it is known.
  Task<void> settle_version();
  ApiVersion api() const { return api_; }
  void close() {
    pool_.clear();
    pool_.suspect();
  }

 private:
  using Connection = ConnectionPool::Connection;

  Task<base::HttpResponse> exchange_at_version(const Call& call);
  Task<base::HttpResponse> round_trip(const Call& call, base::HttpRequest request);
  Task<ApiVersion> negotiate();
  base::HttpRequest request_for(const Call& call) const;
  void lose_connections();
  void record(const Call& call, const std::string& outcome, std::chrono::steady_clock::time_point start);

  ConnectionPool pool_;
  std::string host_;
  base::Metrics& metrics_;
  std::function<void()> on_silence_;
  base::Counter writes_;
  std::map<std::string, base::Counter> counters_;      // by operation and outcome
  std::map<std::string, base::Histogram> histograms_;  // by operation
  ApiVersion api_ = kOldestApi;
  bool settled_ = false;  // false again once a connection broke: the engine may be another one now
};

}  // namespace berth::docker
