// SPDX-License-Identifier: Apache-2.0
// A stack brought up by bare calls, as fast as the engine's own events allow: what anybody else is compared with.
// `bench_stack --socket S --file F --in-flight 8`: creates the services of F, a compose file in JSON, at most so many
// calls in flight, and starts each as soon as what it depends on runs, or is healthy where it has a health check. With
// --in-flight 0 somebody else brings it up: it says "watching" and tells when the last one was there, by the same
// events. --remove ends the project's containers by force, so many in flight, and its network. One JSON object; times
// are seconds of the monotonic clock.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iterator>
#include <set>

#include "base/scope.hpp"
#include "base/status.hpp"
#include "docker/client.hpp"

namespace berth::bench {
namespace {

using base::Json;
using base::JsonObject;

constexpr const char* kProjectLabel = "com.docker.compose.project";
constexpr std::int64_t kNanoseconds = 1'000'000'000;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct Service {
  std::string name;
  Json body;
  bool checked = false;  // has a health check
  std::vector<std::size_t> dependents;
  std::size_t waits_for = 0;  // services that are not up yet
  std::string id;             // once it is created
};

class Stack {
 public:
  Stack(docker::Client& engine, base::Executor loop, const Json& file)
      : engine_(engine), project_(base::string_at(file, "name")), moved_(loop) {
    for (const auto& [name, _] : file.at("services").get_object()) {
      numbers_[name] = services_.size();
      services_.push_back({.name = name});
    }
    for (auto& service : services_) describe(service, file.at("services").at(service.name));
    for (std::size_t i = 0; i < services_.size(); ++i) creates_.push_back(i);
  }

  const std::string& network() const { return network_; }
  bool whole() const { return up_ == services_.size(); }

  // Takes from the events which services are up, until all are.
  base::Task<void> follow(docker::EventStream& events) {
    while (!whole()) {
      const docker::EngineEvent event = co_await events.next();
      const auto project = event.attributes.find(kProjectLabel);
      if (event.type != "container" || project == event.attributes.end() || project->second != project_) continue;
      const auto number = numbers_.find(event.attributes.at("com.docker.compose.service"));
      if (number == numbers_.end()) continue;
      const bool checked = services_[number->second].checked;
      if (checked ? event.detail == "healthy" : event.action == "start") came_up(number->second);
    }
  }

  // One of those that create and start. A start that is due goes before a create.
  base::Task<void> work() {
    while (true) {
      if (!starts_.empty()) {
        const std::size_t number = starts_.front();
        starts_.pop_front();
        co_await engine_.start_container(services_[number].id);
      } else if (!creates_.empty()) {
        const std::size_t number = creates_.front();
        creates_.pop_front();
        Service& service = services_[number];
        const auto created = co_await engine_.create_container(project_ + "-" + service.name + "-1", service.body, "");
        service.id = created.id;
        if (service.waits_for == 0) give_start(number);
      } else if (started_ == services_.size()) {
        co_return;
      } else {
        co_await moved_.wait();
      }
    }
  }

 private:
  void describe(Service& service, const Json& said) {
    service.checked = base::find_path(said, "healthcheck") != nullptr;
    service.body =
        Json{{"Image", said.at("image")},
             {"Cmd", said.at("command")},
             {"Labels", {{kProjectLabel, project_}, {"com.docker.compose.service", service.name}}},
             {"HostConfig", {{"NetworkMode", network_}, {"Init", true}, {"RestartPolicy", {{"Name", "always"}}}}},
             {"NetworkingConfig", {{"EndpointsConfig", {{network_, {{"Aliases", base::JsonArray{service.name}}}}}}}},
             {"StopTimeout", 1}};
    if (service.checked) {
      service.body.as_object()["Healthcheck"] =
          Json{{"Test", said.at("healthcheck").at("test")}, {"Interval", kNanoseconds}};
    }
    const Json* wanted = base::find_path(said, "depends_on");
    if (wanted == nullptr) return;
    for (const auto& [name, _] : wanted->get_object()) {
      services_[numbers_.at(name)].dependents.push_back(numbers_.at(service.name));
      ++service.waits_for;
    }
  }

  void give_start(std::size_t number) {
    starts_.push_back(number);
    ++started_;
    moved_.notify();
  }

  void came_up(std::size_t number) {
    if (!came_up_.insert(number).second) return;
    ++up_;
    for (const std::size_t dependent : services_[number].dependents) {
      Service& service = services_[dependent];
      if (--service.waits_for == 0 && !service.id.empty()) give_start(dependent);
    }
  }

  docker::Client& engine_;
  std::string project_;
  std::string network_ = project_ + "_default";
  std::vector<Service> services_;
  std::map<std::string, std::size_t> numbers_;
  std::deque<std::size_t> creates_;
  std::deque<std::size_t> starts_;
  std::size_t started_ = 0;  // starts that somebody was given
  std::size_t up_ = 0;
  std::set<std::size_t> came_up_;
  base::Signal moved_;
};

struct Order {
  std::string socket;
  std::string file;
  int in_flight = 8;
  bool remove = false;
};

base::Task<void> remove_some(docker::Client& engine, std::deque<std::string>& ids) {
  while (!ids.empty()) {
    const std::string id = ids.front();
    ids.pop_front();
    co_await engine.remove_container(id, docker::Client::RemoveMode::Force, docker::Client::AnonymousVolumes::Remove);
  }
}

base::Task<void> remove_all(docker::Client& engine, std::string project, int in_flight) {
  const Json rows = co_await engine.list_containers();
  std::deque<std::string> ids;
  for (const Json& row : rows.get_array()) {
    const JsonObject& labels = row.at("Labels").get_object();
    const Json* label = labels.if_contains(kProjectLabel);
    if (label != nullptr && label->as_string() == project) ids.emplace_back(row.at("Id").as_string());
  }
  base::Scope scope(co_await base::this_loop(), "removals");
  for (int i = 0; i < in_flight; ++i) scope.spawn(remove_some(engine, ids));
  co_await scope.join();
  co_await engine.remove_network(project + "_default");
}

base::Task<void> bring_up(docker::Client& engine, Stack& stack, docker::EventStream& events, int in_flight) {
  base::Scope scope(co_await base::this_loop(), "bare");
  if (in_flight > 0) {
    const Json network{{"Name", stack.network()}, {"Driver", "bridge"}};
    co_await engine.create_network(network);
  }
  for (int i = 0; i < in_flight; ++i) scope.spawn(stack.work());
  co_await stack.follow(events);
  co_await scope.join();
}

base::Task<void> run_order(Order order) {
  std::ifstream stream(order.file);
  const Json file = base::parse_json(std::string{std::istreambuf_iterator<char>(stream), {}});
  base::Metrics metrics;
  const auto engine = docker::Client::make(docker::unix_connector(order.socket), "bare", metrics);
  co_await engine->facts();
  double began = now();
  if (order.remove) {
    co_await remove_all(*engine, std::string(base::string_at(file, "name")), order.in_flight);
  } else {
    Stack stack(*engine, co_await base::this_loop(), file);
    const auto events = co_await engine->events(0);
    std::puts("watching");
    std::fflush(stdout);
    began = now();
    co_await bring_up(*engine, stack, *events, order.in_flight);
  }
  std::printf("{\"began\": %.6f, \"ended\": %.6f}\n", began, now());
  engine->close();
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  CLI::App app{"a stack by bare calls"};
  bench::Order order;
  app.add_option("--socket", order.socket)->required();
  app.add_option("--file", order.file)->required();
  app.add_option("--in-flight", order.in_flight);
  app.add_flag("--remove", order.remove);
  CLI11_PARSE(app, argc, argv);
  base::run(base::within(std::chrono::minutes(5), "the stack", bench::run_order(order)));
  return 0;
}
