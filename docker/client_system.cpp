// SPDX-License-Identifier: Apache-2.0
// Versions, facts, events, and what the other calls share.
#include "base/clock.hpp"
#include "base/status.hpp"
#include "docker/engine_client.hpp"
#include "docker/errors.hpp"
#include "docker/events.hpp"

namespace berth::docker {

using base::int_at;
using base::string_at;

namespace {

constexpr base::JsonLimits kAnswerLimits{64 * 1024 * 1024, 128};

Json parse_answer(const base::HttpResponse& response, boost::json::storage_ptr memory = {}) {
  if (response.body.empty()) return nullptr;
  try {
    return std::move(base::parse_json_reporting(response.body, kAnswerLimits, std::move(memory)).value);
  } catch (const base::Status& status) {
    throw base::internal_error("the engine's answer: " + status.message());
  }
}

}  // namespace

std::unique_ptr<Client> Client::make(std::unique_ptr<Connector> connector, std::string host, base::Metrics& metrics) {
  return std::make_unique<EngineClient>(std::move(connector), std::move(host), metrics);
}

std::string path_of(std::string_view collection, std::string_view key, std::string_view action) {
  std::string path = "/" + std::string(collection) + "/" + base::percent_encode(key);
  if (!action.empty()) path.append("/").append(action);
  return path;
}

Task<Json> EngineClient::get(std::string operation, std::string path, boost::json::storage_ptr memory) {
  Call call;
  call.operation = std::move(operation);
  call.path = std::move(path);
  const base::HttpResponse response = co_await wire_.send(std::move(call));
  co_return parse_answer(response, std::move(memory));
}

Task<Json> EngineClient::post(std::string operation, std::string path, std::string body, std::chrono::seconds limit) {
  Call call;
  call.operation = std::move(operation);
  call.method = "POST";
  call.path = std::move(path);
  call.body = std::move(body);
  call.limit = limit;
  const base::HttpResponse response = co_await wire_.send(std::move(call));
  co_return parse_answer(response);
}

Task<void> EngineClient::remove(std::string operation, std::string path) {
  Call call;
  call.operation = std::move(operation);
  call.method = "DELETE";
  call.path = std::move(path);
  call.limit = std::chrono::seconds(60);
  co_await wire_.send(std::move(call));
}

Task<EngineFacts> EngineClient::facts() {
  EngineFacts facts;
  facts.engine_api = co_await wire_.ping();
  facts.api = wire_.api();
  const Json version = co_await get("version", "/version");
  const Json info = co_await get("info", "/info");
  facts.version = string_at(version, "Version");
  facts.os = string_at(info, "OSType");
  facts.arch = string_at(info, "Architecture");
  facts.operating_system = string_at(info, "OperatingSystem");
  facts.cpus = int_at(info, "NCPU");
  facts.memory = int_at(info, "MemTotal");
  facts.swap_limit = base::bool_at(info, "SwapLimit", true);
  facts.engine_id = string_at(info, "ID");
  if (const auto time = base::parse_time(std::string(string_at(info, "SystemTime")))) {
    facts.time_nano = std::chrono::duration_cast<std::chrono::nanoseconds>(time->time_since_epoch()).count();
  }
  co_return facts;
}

Task<void> EngineClient::ping() { co_await wire_.ping(); }

Task<void> EngineClient::settle_version() { co_await wire_.settle_version(); }

Task<std::unique_ptr<EventStream>> EngineClient::events(std::int64_t since_nano) {
  Call call;
  call.operation = "events";
  call.path = "/events" + events_query(since_nano);
  Wire::Streamed streamed = co_await wire_.open(std::move(call));
  if (streamed.head.status >= 400) {
    streamed.head.body = co_await streamed.connection->read_body();
    throw error_of(streamed.head);
  }
  co_return std::make_unique<WireEventStream>(std::move(streamed.connection));
}

}  // namespace berth::docker
