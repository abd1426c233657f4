// SPDX-License-Identifier: Apache-2.0
#include "base/status.hpp"
#include "docker/create_plan.hpp"
#include "docker/engine_client.hpp"
#include "docker/errors.hpp"
#include "docker/field_gates.hpp"
#include "docker/gates.hpp"

namespace berth::docker {

using base::Reason;
using base::Status;
using base::string_at;
using std::chrono::seconds;

namespace {

constexpr seconds kCallLimit{30};
constexpr seconds kCreateLimit{60};  // an unknown driver takes the engine 15 s
constexpr seconds kStopMargin{15};   // beyond the container's own time to stop
constexpr int kDefaultStopTimeout = 10;
constexpr ApiVersion kStopSignal{1, 42};
constexpr ApiVersion kCreatePlatform{1, 41};

std::vector<std::string> strings_of(const Json* list) {
  std::vector<std::string> strings;
  if (list == nullptr || !list->is_array()) return strings;
  for (const Json& element : list->as_array()) {
    if (element.is_string()) strings.emplace_back(element.as_string());
  }
  return strings;
}

}  // namespace

// The longest answer, looked through once: in one piece of memory of its own, which goes with the value.
Task<Json> EngineClient::list_containers() {
  auto memory = boost::json::make_shared_resource<boost::json::monotonic_resource>();
  return get("container_list", "/containers/json?all=1", std::move(memory));
}

Task<Json> EngineClient::inspect_container(std::string id) {
  return get("container_inspect", path_of("containers", id, "json"));
}

Task<std::string> EngineClient::describe_container(std::string id) {
  Call call;
  call.operation = "container_inspect";
  call.path = path_of("containers", id, "json");
  base::HttpResponse response = co_await wire_.send(std::move(call));
  co_return std::move(response.body);
}

Task<CreateResult> EngineClient::create_container(std::string name, Json body, std::string platform) {
  co_await settle_version();
  check_create(body, api());
  if (!platform.empty() && api() < kCreatePlatform) {
    refuse("platform", "needs Engine API " + to_string(kCreatePlatform) + ": it would be dropped");
  }
  CreatePlan plan = plan_create(std::move(body), api());
  Query query;
  query.add("name", name);
  if (!platform.empty()) query.add("platform", platform);
  const Json answer = co_await post("container_create", "/containers/create" + query.text(),
                                    boost::json::serialize(plan.body), kCreateLimit);
  CreateResult result;
  result.id = string_at(answer, "Id");
  result.warnings = strings_of(base::find_path(answer, "Warnings"));
  std::exception_ptr failure;
  for (auto& [network, endpoint] : plan.connect_after) {
    try {
      co_await connect_network(network, result.id, std::move(endpoint));
    } catch (const Status&) {
      failure = std::current_exception();
    }
    if (failure) break;
  }
  if (!failure) co_return result;
  // A container without one of its networks must not pass for the one that was asked for.
  try {
    co_await remove_container(result.id, RemoveMode::Force, AnonymousVolumes::Remove);
  } catch (const Status&) {
    // What remains has no network that it should have; the caller learns why from the first failure.
  }
  std::rethrow_exception(failure);
}

Task<void> EngineClient::start_container(std::string id) {
  co_await post("container_start", path_of("containers", id, "start"), "", seconds(120));
}

// The engine's own answer to an absent timeout; asked for because the call's deadline hangs on it.
Task<int> EngineClient::stop_timeout(std::string id, std::optional<int> timeout) {
  if (timeout) co_return *timeout;
  const Json inspect = co_await inspect_container(std::move(id));
  co_return static_cast<int>(base::int_at(inspect, "Config.StopTimeout", kDefaultStopTimeout));
}

Task<void> EngineClient::stop_container(std::string id, std::optional<int> timeout, std::string signal) {
  const int patience = co_await stop_timeout(id, timeout);
  co_await settle_version();
  if (!signal.empty() && api() < kStopSignal) {
    co_await stop_by_kill(std::move(id), patience, std::move(signal));
    co_return;
  }
  Query query;
  if (timeout) query.add("t", std::to_string(*timeout));
  if (!signal.empty()) query.add("signal", signal);
  // A negative timeout waits for ever; so does the call, for a day.
  const seconds limit = patience < 0 ? seconds(86400) : seconds(patience) + kStopMargin;
  co_await post("container_stop", path_of("containers", id, "stop") + query.text(), "", limit);
}

// What a stop with a signal is, for engines that ignore the signal.
Task<void> EngineClient::stop_by_kill(std::string id, int timeout, std::string signal) {
  bool running = true;
  try {
    co_await kill_container(id, std::move(signal));
  } catch (const Status& status) {
    if (status.reason() != Reason::Conflict) throw;
    running = false;  // a kill of a stopped container is a 409
  }
  if (!running) co_return;
  bool stopped = true;
  try {
    co_await wait_container(id, timeout < 0 ? seconds(86400) : seconds(timeout));
  } catch (const Status& status) {
    if (status.reason() != Reason::Timeout) throw;
    stopped = false;
  }
  if (stopped) co_return;
  try {
    co_await kill_container(id, "KILL");
  } catch (const Status& status) {
    if (status.reason() != Reason::Conflict) throw;  // it ended meanwhile
  }
  co_await wait_container(id, kStopMargin);
}

Task<void> EngineClient::restart_container(std::string id, std::optional<int> timeout) {
  const int patience = co_await stop_timeout(id, timeout);
  Query query;
  if (timeout) query.add("t", std::to_string(*timeout));
  const seconds limit = seconds(patience < 0 ? 86400 : patience) + kStopMargin + kCallLimit;
  co_await post("container_restart", path_of("containers", id, "restart") + query.text(), "", limit);
}

Task<void> EngineClient::kill_container(std::string id, std::string signal) {
  Query query;
  if (!signal.empty()) query.add("signal", signal);
  co_await post("container_kill", path_of("containers", id, "kill") + query.text(), "", kCallLimit);
}

Task<void> EngineClient::pause_container(std::string id) {
  co_await post("container_pause", path_of("containers", id, "pause"), "", kCallLimit);
}

Task<void> EngineClient::unpause_container(std::string id) {
  co_await post("container_unpause", path_of("containers", id, "unpause"), "", kCallLimit);
}

Task<void> EngineClient::rename_container(std::string id, std::string name) {
  const std::string path = path_of("containers", id, "rename") + Query().add("name", name).text();
  co_await post("container_rename", path, "", kCallLimit);
}

Task<void> EngineClient::update_container(std::string id, Json body) {
  co_await post("container_update", path_of("containers", id, "update"), boost::json::serialize(body), kCallLimit);
}

Task<void> EngineClient::remove_container(std::string id, RemoveMode mode, AnonymousVolumes volumes) {
  Query query;
  if (mode == RemoveMode::Force) query.add("force", "1");
  if (volumes == AnonymousVolumes::Remove) query.add("v", "1");
  bool under_way = false;
  try {
    co_await remove("container_remove", path_of("containers", id) + query.text());
  } catch (const Status& status) {
    if (status.reason() == Reason::NotFound) co_return;
    under_way = status.message().find("is already in progress") != std::string::npos;
    if (!under_way) throw;
  }
  if (under_way) co_await await_removal(std::move(id));
}

Task<void> EngineClient::await_removal(std::string id) {
  try {
    co_await post("container_wait", path_of("containers", id, "wait") + "?condition=removed", "", seconds(60));
  } catch (const Status& status) {
    if (status.reason() != Reason::NotFound) throw;
  }
}

Task<std::int64_t> EngineClient::wait_container(std::string id, std::chrono::steady_clock::duration limit) {
  Call call;
  call.operation = "container_wait";
  call.method = "POST";
  call.path = path_of("containers", id, "wait") + "?condition=not-running";
  call.limit = limit;
  const base::HttpResponse response = co_await wire_.send(std::move(call));
  const Json answer = base::parse_json(response.body);
  co_return base::int_at(answer, "StatusCode");
}

Task<void> EngineClient::put_archive(std::string id, std::string path, std::string tar) {
  Call call;
  call.operation = "container_archive";
  call.method = "PUT";
  call.path = path_of("containers", id, "archive") + Query().add("path", path).text();
  call.headers.set("Content-Type", "application/x-tar");
  call.body = std::move(tar);
  call.limit = seconds(60);
  co_await wire_.send(std::move(call));
}

}  // namespace berth::docker
