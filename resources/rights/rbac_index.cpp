// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/rbac_index.hpp"

#include <optional>
#include <unordered_map>
#include <unordered_set>

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

}  // namespace

std::string user_key(std::string_view user) { return "u:" + std::string(user); }
std::string group_key(std::string_view group) { return "g:" + std::string(group); }
std::string role_key(std::string_view ns, std::string_view name) { return std::string(ns).append("/").append(name); }

bool is_rbac(const Kind& kind) { return kind.group == kGroup; }
bool is_role(const Kind& kind) { return is_rbac(kind) && !kind.kind.ends_with("Binding"); }
bool is_role_binding(const Kind& kind) { return is_rbac(kind) && kind.kind.ends_with("Binding"); }

// The grants of some subjects, copied once when they are first touched, however many changes there are.
class RbacIndex::GrantEdit {
 public:
  // Outlives it.
  explicit GrantEdit(SharedMap<Grants>& grants) : grants_(grants) {}

  void add(const std::string& subject, Grant grant) {
    of(subject).push_back(std::make_shared<const Grant>(std::move(grant)));
  }
  void remove(const std::string& subject, std::string_view binding) {
    std::erase_if(of(subject), [binding](const auto& grant) { return grant->binding == binding; });
  }
  void commit() {
    std::unordered_map<std::string, std::optional<Grants>> changes;
    for (auto& [subject, grants] : touched_) {
      std::optional<Grants>& change = changes[subject];
      if (!grants.empty()) change = std::make_shared<const List>(std::move(grants));
    }
    grants_.apply(std::move(changes));
  }

 private:
  using List = std::vector<std::shared_ptr<const Grant>>;

  List& of(const std::string& subject) {
    const auto [place, fresh] = touched_.try_emplace(subject);
    const Grants* known = fresh ? grants_.find(subject) : nullptr;
    if (known != nullptr) place->second = **known;
    return place->second;
  }

  SharedMap<Grants>& grants_;
  std::unordered_map<std::string, List> touched_;
};

void RbacIndex::load() {
  draft_.with([this](Draft& draft) {
    draft = {};
    GrantEdit edit(draft.view.grants);
    for (const Kind& kind : schemas::Catalog::instance().kinds()) {
      if (!is_rbac(kind)) continue;
      store::ListQuery query;
      query.prefix = key_prefix(kind, "");
      for (const store::Entry& entry : store_.list(query).entries) {
        const Json object = base::parse_json(*entry.value);
        if (is_role(kind)) {
          take_role(draft, kind, entry.key, &object);
        } else {
          take_binding(draft, edit, kind, entry.key, &object);
        }
      }
    }
    edit.commit();
    published_.with([&draft](auto& view) { view = std::make_shared<const RbacView>(draft.view); });
  });
}

void RbacIndex::refresh(const Kind& kind, std::string_view key) {
  // Read under the lock: of two changes of one key, the later reading stands, and it sees both.
  draft_.with([&](Draft& draft) {
    const auto entry = store_.get(key);
    const Json object = entry ? base::parse_json(*entry->value) : Json();
    const Json* now = entry ? &object : nullptr;
    if (is_role(kind)) {
      take_role(draft, kind, key, now);
    } else {
      GrantEdit edit(draft.view.grants);
      take_binding(draft, edit, kind, key, now);
      edit.commit();
    }
    published_.with([&draft](auto& view) { view = std::make_shared<const RbacView>(draft.view); });
  });
}

std::shared_ptr<const RbacView> RbacIndex::view() const {
  auto view = published_.with([](auto& published) { return published; });
  return view ? view : std::make_shared<const RbacView>();
}

void RbacIndex::take_role(Draft& draft, const Kind& kind, std::string_view key, const Json* object) {
  const PlaceInKey place = place_in(kind, key);
  const std::string role = role_key(place.ns, place.name);
  if (object == nullptr) return draft.view.roles.erase(role);
  draft.view.roles.set(role, std::make_shared<const PolicyRules>(read_rules(*object)));
}

void RbacIndex::take_binding(Draft& draft, GrantEdit& edit, const Kind& kind, std::string_view key,
                             const Json* object) {
  if (const auto known = draft.subjects.find(key); known != draft.subjects.end()) {
    for (const std::string& subject : known->second) edit.remove(subject, key);
    draft.subjects.erase(known);
  }
  if (object == nullptr) return;
  const Json* subjects = base::find_path(*object, "subjects");
  if (subjects == nullptr || !subjects->is_array()) return;
  const Grant grant = read_grant(kind, key, *object);
  std::vector<std::string>& keys = draft.subjects[std::string(key)];
  std::unordered_set<std::string> seen;
  for (const Json& json : subjects->get_array()) {
    Subject subject = read_subject(json, grant.ns);
    if (!seen.insert(subject.key).second) continue;
    Grant own = grant;
    own.reason += subject.described;
    edit.add(subject.key, std::move(own));
    keys.push_back(std::move(subject.key));
  }
}

}  // namespace berth::resources
