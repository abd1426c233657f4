// SPDX-License-Identifier: Apache-2.0
#include "tests/engine_suite/engine_under_test.hpp"
#include "tests/fake_engine/fake_engine.hpp"

namespace berth::engine_suite {

namespace {

class Fake : public EngineUnderTest {
 public:
  explicit Fake(fake_engine::Flavour flavour) : engine_({"", flavour, {"busybox:latest"}}) {}
  std::string socket_path() const override { return engine_.socket_path(); }
  std::string image() const override { return "busybox:latest"; }

 private:
  fake_engine::FakeEngine engine_;
};

}  // namespace

std::vector<std::string> engine_names() { return {"Fake20", "Fake29"}; }

std::shared_ptr<EngineUnderTest> engine_named(const std::string& name) {
  return std::make_shared<Fake>(name == "Fake20" ? fake_engine::Flavour::Engine20 : fake_engine::Flavour::Engine29);
}

}  // namespace berth::engine_suite
