// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/rbac_index.hpp"

#include <algorithm>

#include "resources/object/object_key.hpp"

namespace berth::resources {
namespace {

using base::Json;
using schemas::Kind;

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

std::string in_quotes(std::string_view text) {
  std::string quoted;
  base::append_quoted(quoted, text);
  return quoted;
}

struct Subject {
  std::string key;
  std::string described;  // Group "z"
};

Subject read_subject(const Json& json, std::string_view binding_ns) {
  const std::string_view kind = base::string_at(json, "kind");
  const std::string name(base::string_at(json, "name"));
  if (kind == "User") return {user_key(name), "User " + in_quotes(name)};
  if (kind == "Group") return {group_key(name), "Group " + in_quotes(name)};
  std::string ns(base::string_at(json, "namespace"));
  if (ns.empty()) ns = binding_ns;
  return {user_key("system:serviceaccount:" + ns + ":" + name), "ServiceAccount " + in_quotes(name + "/" + ns)};
}

Grant read_grant(const Kind& kind, std::string_view key, const Json& binding) {
  const std::string ns(base::string_at(binding, "metadata.namespace"));
  const std::string name(base::string_at(binding, "metadata.name"));
  const std::string role_kind(base::string_at(binding, "roleRef.kind"));
  const std::string_view role = base::string_at(binding, "roleRef.name");
  Grant grant{ns, role_key(role_kind == "Role" ? ns : "", role), std::string(key), {}};
  grant.reason = kind.kind + " " + in_quotes(ns.empty() ? name : name + "/" + ns) + " of " + role_kind + " " +
                 in_quotes(role) + " to ";
  return grant;
}

void add_grant(RbacView& view, const std::string& subject, Grant grant) {
  const Grants* known = view.grants.find(subject);
  auto grants =
      known == nullptr ? std::make_shared<std::vector<Grant>>() : std::make_shared<std::vector<Grant>>(**known);
  grants->push_back(std::move(grant));
  view.grants.set(subject, std::move(grants));
}

void remove_grants(RbacView& view, const std::string& subject, std::string_view binding) {
  const Grants* known = view.grants.find(subject);
  if (known == nullptr) return;
  auto grants = std::make_shared<std::vector<Grant>>(**known);
  std::erase_if(*grants, [binding](const Grant& grant) { return grant.binding == binding; });
  if (grants->empty()) {
    view.grants.erase(subject);
  } else {
    view.grants.set(subject, std::move(grants));
  }
}

}  // namespace

std::string user_key(std::string_view user) { return "u:" + std::string(user); }
std::string group_key(std::string_view group) { return "g:" + std::string(group); }
std::string role_key(std::string_view ns, std::string_view name) { return std::string(ns).append("/").append(name); }

bool is_rbac(const Kind& kind) { return kind.group == kGroup; }
bool is_role(const Kind& kind) { return is_rbac(kind) && !kind.kind.ends_with("Binding"); }
bool is_role_binding(const Kind& kind) { return is_rbac(kind) && kind.kind.ends_with("Binding"); }

void RbacIndex::load() {
  draft_.with([this](Draft& draft) {
    draft = {};
    for (const Kind& kind : schemas::Catalog::instance().kinds()) {
      if (!is_rbac(kind)) continue;
      store::ListQuery query;
      query.prefix = key_prefix(kind, "");
      for (const store::Entry& entry : store_.list(query).entries) {
        const Json object = base::parse_json(*entry.value);
        take(draft, kind, entry.key, &object);
      }
    }
    published_.with([&draft](auto& view) { view = std::make_shared<const RbacView>(draft.view); });
  });
}

void RbacIndex::refresh(const Kind& kind, std::string_view key) {
  // Read under the lock: of two changes of one key, the later reading stands, and it sees both.
  draft_.with([&](Draft& draft) {
    const auto entry = store_.get(key);
    const Json object = entry ? base::parse_json(*entry->value) : Json();
    take(draft, kind, key, entry ? &object : nullptr);
    published_.with([&draft](auto& view) { view = std::make_shared<const RbacView>(draft.view); });
  });
}

std::shared_ptr<const RbacView> RbacIndex::view() const {
  auto view = published_.with([](auto& published) { return published; });
  return view ? view : std::make_shared<const RbacView>();
}

void RbacIndex::take(Draft& draft, const Kind& kind, std::string_view key, const Json* object) const {
  if (is_role(kind)) {
    const PlaceInKey place = place_in(kind, key);
    const std::string role = role_key(place.ns, place.name);
    if (object == nullptr) return draft.view.roles.erase(role);
    return draft.view.roles.set(role, std::make_shared<const PolicyRules>(read_rules(*object)));
  }
  if (const auto known = draft.subjects.find(key); known != draft.subjects.end()) {
    for (const std::string& subject : known->second) remove_grants(draft.view, subject, key);
    draft.subjects.erase(known);
  }
  if (object == nullptr) return;
  const Json* subjects = base::find_path(*object, "subjects");
  if (subjects == nullptr || !subjects->is_array()) return;
  const Grant grant = read_grant(kind, key, *object);
  std::vector<std::string>& keys = draft.subjects[std::string(key)];
  for (const Json& json : subjects->get_array()) {
    Subject subject = read_subject(json, grant.ns);
    if (std::ranges::find(keys, subject.key) != keys.end()) continue;
    Grant own = grant;
    own.reason += subject.described;
    add_grant(draft.view, subject.key, std::move(own));
    keys.push_back(std::move(subject.key));
  }
}

}  // namespace berth::resources
