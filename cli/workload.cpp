// SPDX-License-Identifier: Apache-2.0
#include "cli/workload.hpp"

#include "base/clock.hpp"
#include "base/status.hpp"
#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/wait_for.hpp"

namespace berth::cli {
namespace {

constexpr const char* kRestartedAt = "berth.dev/restartedAt";
constexpr const char* kRedeployedAt = "berth.dev/redeployedAt";

const char* word_for(Act act) {
  switch (act) {
    case Act::Start:
      return "started";
    case Act::Stop:
      return "stopped";
    case Act::Pause:
      return "paused";
    case Act::Unpause:
      return "unpaused";
    case Act::Restart:
      return "restarted";
    case Act::Redeploy:
      return "redeployed";
  }
  return "";
}

Json annotated(const char* key, const std::string& value) {
  return base::JsonObject{{"metadata", base::JsonObject{{"annotations", base::JsonObject{{key, value}}}}}};
}

Json desired(const char* state) { return base::JsonObject{{"spec", base::JsonObject{{"desiredState", state}}}}; }

// {"timeout": 30, "signal": "SIGINT"}; "" when nothing is asked for.
std::string stop_shape(const ActOptions& options) {
  base::JsonObject shape;
  if (!options.stop_timeout.empty()) {
    const std::string& text = options.stop_timeout;
    const bool number = text.size() < 6 && text.find_first_not_of("0123456789") == std::string::npos;
    if (!number) throw base::bad_request("--stop-timeout must be seconds, such as 30; found \"" + text + "\"");
    shape["timeout"] = std::stoll(text);
  }
  if (!options.stop_signal.empty()) shape["signal"] = options.stop_signal;
  return shape.empty() ? "" : base::to_canonical(shape);
}

bool is_token(Act act) { return act == Act::Restart || act == Act::Redeploy; }

// What a token asks for is not seen by the generation: only status.handled tells that it is done.
Acknowledged acknowledged(Act act, std::string token) {
  if (!is_token(act)) return {};
  const char* field = act == Act::Restart ? "status.handled.restartedAt" : "status.handled.redeployedAt";
  return [field, token = std::move(token)](const Json& object) { return base::string_at(object, field) == token; };
}

}  // namespace

std::vector<Target> read_workloads(const Discovery& discovery, std::vector<std::string> words) {
  const bool typed =
      words.front().find('/') != std::string::npos || (words.size() > 1 && discovery.look_up(words.front()) != nullptr);
  if (!typed) words.insert(words.begin(), "containers.berth.dev");
  return read_targets(discovery, words);
}

Json patch_for(const ActOptions& options, const std::string& token) {
  switch (options.act) {
    case Act::Start:
    case Act::Unpause:
      return desired("Running");
    case Act::Pause:
      return desired("Paused");
    case Act::Restart:
      return annotated(kRestartedAt, token);
    case Act::Redeploy:
      return annotated(kRedeployedAt, token);
    case Act::Stop:
      break;
  }
  Json patch = desired("Stopped");
  const std::string shape = stop_shape(options);
  if (!shape.empty()) patch.as_object()["metadata"] = annotated("berth.dev/stop", shape).at("metadata");
  return patch;
}

Task<int> run_act(Session& session, ActOptions options) {
  const std::string token = base::format_time(base::real_clock().now());
  const std::string body = base::to_canonical(patch_for(options, token));
  const auto limit = parse_timeout(options.timeout);
  const std::vector<Target> targets = read_workloads(session.discovery, options.words);
  const std::vector<Address> addresses = co_await find_addresses(session, targets, false, false, "");
  for (const Address& address : addresses) {
    if (is_token(options.act) && address.resource->kind != "Container") {
      throw base::bad_request(address.label() + ": only a Container can be " + word_for(options.act));
    }
    const Reply before = co_await session.client.get(address.path());
    const std::string path =
        address.path() + query_of({{"fieldManager", "berth-act"}, {"dryRun", options.result.dry_parameter()}});
    const Reply reply = co_await session.client.send("PATCH", path, "application/merge-patch+json", body);
    print_warnings(session, reply);
    const bool same = base::json_equal(before.body, reply.body);
    print_result(session, address, reply.body, std::string(word_for(options.act)) + (same ? " (no change)" : ""),
                 options.result);
  }
  if (!options.wait || options.result.dry()) co_return 0;
  std::vector<Awaited> waited;
  for (const Address& address : addresses) waited.push_back({address, acknowledged(options.act, token)});
  const bool ready = co_await wait_ready(session, std::move(waited), limit);
  co_return ready ? 0 : 1;
}

}  // namespace berth::cli
