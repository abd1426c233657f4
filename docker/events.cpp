// SPDX-License-Identifier: Apache-2.0
#include "docker/events.hpp"

#include "base/status.hpp"

namespace berth::docker {

using base::JsonArray;
using base::JsonObject;
using base::string_at;

std::string events_query(std::int64_t since_nano) {
  const JsonObject filters{
      {"type", JsonArray{"container", "image", "network", "volume"}},
      {"event", JsonArray{"start",  "die",     "stop",  "kill",          "destroy", "create",  "rename", "pause",
                          "update", "unpause", "oom",   "health_status", "restart", "connect", "remove", "disconnect",
                          "pull",   "tag",     "untag", "delete",        "import",  "load"}}};
  Query query;
  if (since_nano > 0) {
    const std::string fraction = std::to_string(1'000'000'000 + since_nano % 1'000'000'000).substr(1);
    query.add("since", std::to_string(since_nano / 1'000'000'000) + "." + fraction);
  }
  query.add("filters", base::to_canonical(filters));
  return query.text();
}

EngineEvent parse_event(const Json& event) {
  EngineEvent parsed;
  parsed.type = string_at(event, "Type");
  parsed.action = string_at(event, "Action");
  parsed.id = string_at(event, "Actor.ID");
  parsed.time_nano = base::int_at(event, "timeNano");
  if (const std::size_t colon = parsed.action.find(':'); colon != std::string::npos) {
    const std::size_t detail = parsed.action.find_first_not_of(' ', colon + 1);
    if (detail != std::string::npos) parsed.detail = parsed.action.substr(detail);
    parsed.action.resize(colon);
  }
  if (const Json* attributes = base::find_path(event, "Actor.Attributes");
      attributes != nullptr && attributes->is_object()) {
    for (const auto& [key, value] : attributes->as_object()) {
      if (value.is_string()) parsed.attributes.emplace(key, value.as_string());
    }
  }
  return parsed;
}

Task<EngineEvent> WireEventStream::next() {
  while (true) {
    if (std::optional<std::string> object = splitter_.next()) co_return parse_event(base::parse_json(*object));
    const std::string piece = co_await connection_->read_body();
    if (piece.empty()) throw base::Status(base::Reason::ServiceUnavailable, "the engine ended its event stream");
    splitter_.feed(piece);
  }
}

}  // namespace berth::docker
