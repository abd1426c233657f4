// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/host/host_view.hpp"

#include "reconcilers/pass/condition_list.hpp"

namespace berth::reconcilers {
namespace {

constexpr const char* kHostNotFound = "HostNotFound";

HostView absent(std::string reason, std::string message) {
  HostView view;
  view.state = HostView::State::Absent;
  view.reachable = {Truth::False, std::move(reason), std::move(message)};
  return view;
}

// The Host reconciler has made no entry: because it has not come to it yet, or because it says why it cannot.
HostView view_unconfigured(const resources::Resources& resources, const std::string& name) {
  const auto object = resources.find(schemas::Catalog::instance().by_name("Host"), "", name);
  if (!object) return absent(kHostNotFound, "there is no Host \"" + name + "\"");
  const schemas::Host host = schemas::decode_host(object->parse());
  const schemas::Condition* ready = find_condition(host.status.conditions, "Ready");
  const bool refused = ready && ready->status == "False" &&
                       (ready->reason == "TransportNotServed" || ready->reason == "SpecInvalid") &&
                       ready->observed_generation == host.metadata.generation;
  if (refused) return absent(ready->reason, ready->message);
  return {};
}

}  // namespace

const char* away_reason(const Verdict& reachable) {
  return reachable.reason == kHostNotFound ? kHostNotFound : "HostUnreachable";
}

std::optional<resources::EventNote> missing_host_note(const std::vector<schemas::Condition>& before,
                                                      const Verdict& reachable) {
  if (reachable.reason != kHostNotFound) return std::nullopt;
  const schemas::Condition* ready = find_condition(before, "Ready");
  if (ready && ready->reason == kHostNotFound) return std::nullopt;
  return resources::EventNote{resources::EventNote::Type::Warning, kHostNotFound, reachable.message};
}

HostView view_host(const resources::Resources& resources, const docker::Engines& engines, const std::string& host) {
  HostView view;
  view.engine = engines.find(host);
  if (!view.engine) return view_unconfigured(resources, host);
  const docker::EngineState state = view.engine->state();
  if (state.reachable == docker::Reachability::Unreachable) {
    view.state = HostView::State::Away;
    view.reachable = {Truth::False, "EngineUnreachable", state.message};
  } else if (state.reachable == docker::Reachability::Reachable && state.snapshot) {
    view.state = HostView::State::Usable;
    view.snapshot = state.snapshot;
  }
  return view;
}

}  // namespace berth::reconcilers
