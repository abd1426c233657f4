// SPDX-License-Identifier: Apache-2.0
#pragma once
// GET /events: what is asked for, and how one event reads.
#include <deque>
#include <memory>
#include <string>

#include "docker/client.hpp"
#include "docker/json_splitter.hpp"
#include "docker/wire.hpp"

namespace berth::docker {

// The query of a subscription. Only what changes a snapshot is asked for; healthchecks raise three exec events a run.
std::string events_query(std::int64_t since_nano);

EngineEvent parse_event(const Json& event);

class WireEventStream : public EventStream {
 public:
  explicit WireEventStream(std::unique_ptr<base::HttpClientConnection> connection)
      : connection_(std::move(connection)) {}

  Task<EngineEvent> next() override;

 private:
  std::unique_ptr<base::HttpClientConnection> connection_;
  JsonSplitter splitter_;
};

}  // namespace berth::docker
