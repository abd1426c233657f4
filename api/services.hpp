// SPDX-License-Identifier: Apache-2.0
#pragma once
// What every connection shares, on all loops. It outlives them.
#include <atomic>
#include <functional>

#include "api/authn.hpp"
#include "api/failed_logins.hpp"
#include "api/health.hpp"
#include "api/in_flight.hpp"
#include "api/shared_texts.hpp"
#include "base/metrics.hpp"
#include "base/turns.hpp"
#include "resources/resources.hpp"

namespace berth::api {

struct Services {
  resources::Resources& resources;
  base::Metrics& metrics;
  base::Clock& clock;
  std::function<HealthReport()> readiness;
  TokenTable tokens;
  std::string address;  // "127.0.0.1:7443", for discovery

  InFlight connections;
  InFlight reads;
  InFlight writes;
  FailedLogins failed_logins;
  // To send a watch all that stands, where that is much: alone it takes milliseconds; a thousand side by side would
  // each hold its list and fill its socket.
  base::Turns watch_starts{4, std::chrono::milliseconds(250)};
  std::chrono::steady_clock::duration recheck;  // how long an open watch may outlive its rights
  std::atomic<bool> draining{false};

  base::Gauge open_connections;
  base::Gauge watches;
  base::Counter watch_encodes;  // Tables and metadata made for watch events; JSON frames share the stored bytes
  SharedTexts watch_texts;      // and those of the newest events
  base::Counter list_bytes_copied;
  base::Counter secrets_opened;  // objects of lists and watches, one by one as they are written
  base::Counter connections_refused;
  base::Counter accept_failures;
};

}  // namespace berth::api
