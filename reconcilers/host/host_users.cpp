// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/host/host_users.hpp"

namespace berth::reconcilers {
namespace {

constexpr std::size_t kMostNamed = 5;

bool holds(const resources::Resources& resources, const schemas::Kind& kind, const resources::Resources::Name& name) {
  const auto object = resources.find(kind, name.ns, name.name);
  if (!object) return false;
  const base::Json value = object->parse();
  const std::string_view policy = base::string_at(value, "spec.deletionPolicy");
  return !policy.empty() && policy != "Orphan";
}

}  // namespace

std::optional<Verdict> host_in_use(const resources::Resources& resources, const std::string& host) {
  std::vector<std::string> users;
  for (const schemas::Kind& kind : schemas::Catalog::instance().kinds()) {
    if (!kind.namespaced || kind.group != "berth.dev") continue;
    for (const auto& name : resources.referrers(kind, "Host", "", host)) {
      if (users.size() > kMostNamed) break;
      if (holds(resources, kind, name)) users.push_back(kind.singular + " " + name.ns + "/" + name.name);
    }
  }
  if (users.empty()) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < users.size() && i < kMostNamed; ++i) text.append(i == 0 ? "" : ", ").append(users[i]);
  if (users.size() > kMostNamed) text += " and others";
  return Verdict{Truth::True, "Users",
                 "it goes when nothing is left to be removed from its engine: " + text +
                     "; `berth host rm --forget` leaves on the engine what is there"};
}

}  // namespace berth::reconcilers
