// SPDX-License-Identifier: Apache-2.0
#pragma once
// The Engine API's paths: which operation a request is, and its effect on the World. Streams (events, wait) are
// told apart here and served by the server.
#include <map>
#include <string>
#include <vector>

#include "base/http.hpp"
#include "tests/fake_engine/world.hpp"

namespace berth::fake_engine {

struct Route {
  std::string operation;  // "container_start"; "" for a path that the engine does not know
  std::string key;        // the name or id in the path, decoded
  std::map<std::string, std::string> query;
  int minor = 0;         // of the version in the path, the engine's own without one
  int asked_minor = -1;  // -1 without one
};

Route find_route(const base::HttpRequest& request, const World& world);

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

// Throws Refused. `request.body` is parsed where the operation takes JSON.
Answer perform(World& world, const Route& route, const base::HttpRequest& request);
Answer error_answer(int status, const std::string& message);

}  // namespace berth::fake_engine
