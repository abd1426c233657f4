// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/adopted.hpp"

namespace berth::reconcilers {
namespace {

constexpr std::size_t kShortId = 12;

}  // namespace

const docker::ContainerView* find_adoptee(const docker::Snapshot& snapshot, const std::string& token) {
  if (token.size() < kShortId) return nullptr;
  const auto from = snapshot.containers.lower_bound(token);
  if (from == snapshot.containers.end() || !from->first.starts_with(token)) return nullptr;
  const auto after = std::next(from);
  const bool several = after != snapshot.containers.end() && after->first.starts_with(token);
  return several ? nullptr : from->second.get();
}

std::map<std::string, OwnerName> adopted_on(const resources::Resources& resources, const std::string& host) {
  static const schemas::Kind& kKind = schemas::Catalog::instance().by_name("Container");
  std::map<std::string, OwnerName> adopted;
  for (const auto& name : resources.referrers(kKind, "Host", "", host)) {
    const auto object = resources.find(kKind, name.ns, name.name);
    // Few are, and a parse of each object would be dear.
    if (!object || object->bytes->find("\"adopted\":") == std::string_view::npos) continue;
    const base::Json value = object->parse();
    const std::string_view id = base::string_at(value, "status.adopted");
    if (!id.empty()) adopted.emplace(id, OwnerName{name.ns, name.name});
  }
  return adopted;
}

}  // namespace berth::reconcilers
