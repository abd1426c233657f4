// SPDX-License-Identifier: Apache-2.0
#include "tests/engine_suite/suite.hpp"

#include "base/crypto.hpp"

namespace berth::engine_suite {

using docker::Client;

void EngineSuite::SetUp() {
  engine_ = engine_named(GetParam());
  client_ = Client::make(docker::unix_connector(engine_->socket_path()), "suite", metrics_);
}

void EngineSuite::TearDown() {
  if (!client_) return;
  for (const std::string& id : containers_) {
    wait(client_->remove_container(id, Client::RemoveMode::Force, Client::AnonymousVolumes::Remove));
  }
  for (const std::string& id : networks_) {
    const auto reason = failure(client_->remove_network(id));
    EXPECT_TRUE(!reason || reason == Reason::NotFound) << message_;
  }
  fake_engine::on_loop(loop_, fake_engine::destroy(client_));
}

std::string EngineSuite::fresh_name(const std::string& stem) { return stem + "-" + base::random_hex(4); }

Json EngineSuite::sleeper() const {
  return JsonObject{{"Image", engine_->image()},
                    {"Cmd", JsonArray{"sleep", "300"}},
                    {"StopSignal", "SIGKILL"},
                    {"Labels", JsonObject{{"suite", "yes"}}},
                    {"HostConfig", JsonObject{{"NetworkMode", "none"}}}};
}

std::string EngineSuite::create(const std::string& name, const Json& body) {
  const std::string id = wait(client_->create_container(name, body, "")).id;
  containers_.push_back(id);
  return id;
}

std::string EngineSuite::run(const std::string& name, const Json& body) {
  const std::string id = create(name, body);
  wait(client_->start_container(id));
  return id;
}

std::string EngineSuite::make_network(const std::string& name, JsonObject body) {
  body["Name"] = name;
  const std::string id = wait(client_->create_network(std::move(body)));
  networks_.push_back(id);
  return id;
}

std::string EngineSuite::state_of(const std::string& id) {
  const Json inspect = wait(client_->inspect_container(id));
  return std::string(base::string_at(inspect, "State.Status"));
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineSuite, testing::ValuesIn(engine_names()),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace berth::engine_suite
