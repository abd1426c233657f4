// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the suite's tests share: a client on a loop of its own, names that no other test uses, and the removal of
// everything that a test made.
#include <gtest/gtest.h>

#include <functional>

#include "base/metrics.hpp"
#include "base/status.hpp"
#include "docker/client.hpp"
#include "tests/engine_suite/engine_under_test.hpp"
#include "tests/fake_engine/on_loop.hpp"

namespace berth::engine_suite {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using base::Reason;

class EngineSuite : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override;
  void TearDown() override;

  template <class T>
  T wait(base::Task<T> task) {
    return fake_engine::on_loop(loop_, std::move(task));
  }
  // The reason of the Status that the task throws; nothing when it throws none.
  template <class T>
  std::optional<Reason> failure(base::Task<T> task) {
    try {
      wait(std::move(task));
    } catch (const base::Status& status) {
      message_ = status.message();
      return status.reason();
    }
    return std::nullopt;
  }

  docker::Client& client() { return *client_; }
  base::Loop& loop() { return loop_; }
  base::Metrics& metrics() { return metrics_; }
  std::string socket_path() const { return engine_->socket_path(); }
  const std::string& message() const { return message_; }  // of the last failure()

  // "web-3f2a": unique within the engine.
  std::string fresh_name(const std::string& stem);
  Json sleeper() const;  // a create body without network
  std::string create(const std::string& name, const Json& body);
  std::string run(const std::string& name, const Json& body);
  std::string make_network(const std::string& name, JsonObject body = {});
  std::string state_of(const std::string& id);

 private:
  std::shared_ptr<EngineUnderTest> engine_;
  base::Loop loop_{"suite"};
  base::Metrics metrics_;
  std::unique_ptr<docker::Client> client_;
  std::vector<std::string> containers_;
  std::vector<std::string> networks_;
  std::string message_;
};

}  // namespace berth::engine_suite
