// SPDX-License-Identifier: Apache-2.0
#pragma once
// Group engine.berth.dev: what is on the engines, managed or not, as kinds that are read through. Nothing of it is an
// object in the store, and no engine is called to read it. What may hold a secret is left out: values of the
// environment are masked, and lists have none; commands and options of drivers are not shown.
#include <atomic>
#include <string>
#include <string_view>

#include "resources/engine.hpp"
#include "resources/request/request.hpp"

namespace berth::resources {

inline constexpr std::string_view kEngineGroup = "engine.berth.dev";

class EngineView {
 public:
  // Before the first request. Outlives it.
  void serve(EnginePort& port) { port_ = &port; }
  // Throws ServiceUnavailable before that.
  EnginePort& port() const;

  Object get(const Kind& kind, std::string_view name) const;  // throws NotFound
  // Selected by host, metadata.name and the labels of the engine. One page, by host and id.
  ListPage list(const Kind& kind, const ListOptions& options, Revision now) const;
  // Of an image. What preconditions there are hold for its id, which is its uid.
  Task<Written> remove(Caller caller, const Kind& kind, std::string name, DeleteOptions options) const;

 private:
  std::atomic<EnginePort*> port_{nullptr};
};

// "DB_PASSWORD=x" with the value masked where the key looks secret, or the value holds a password in a URL.
std::string masked_variable(std::string_view variable);

}  // namespace berth::resources
