// SPDX-License-Identifier: Apache-2.0
#include "controller/service_accounts.hpp"

#include "base/crypto.hpp"
#include "resources/account_tokens.hpp"

namespace berth::controller {
namespace {

using base::Json;
using base::Task;

constexpr std::string_view kTokenType = "kubernetes.io/service-account-token";
constexpr std::string_view kAccountName = "kubernetes.io/service-account.name";
constexpr std::string_view kAccountUid = "kubernetes.io/service-account.uid";

const schemas::Kind& kind_of(std::string_view name) { return schemas::Catalog::instance().by_name(name); }

resources::Caller caller() { return resources::controller_caller("serviceaccount"); }

std::string_view annotation(const Json& object, std::string_view key) {
  const Json* all = base::find_path(object, "metadata.annotations");
  const Json* found = all == nullptr || !all->is_object() ? nullptr : all->get_object().if_contains(key);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

bool is_active(const resources::Resources& resources, const std::string& ns) {
  const auto object = resources.find(kind_of("Namespace"), "", ns);
  return object && base::find_path(object->parse(), "metadata.deletionTimestamp") == nullptr;
}

Task<void> make_default_account(resources::Resources& resources, std::string ns) {
  if (!is_active(resources, ns) || resources.find(kind_of("ServiceAccount"), ns, "default")) co_return;
  resources::Body body;
  base::make_path(body.value, "metadata")["name"] = "default";
  try {
    co_await resources.create(caller(), kind_of("ServiceAccount"), std::move(ns), std::move(body), {});
  } catch (const base::Status& status) {
    // Somebody else made it, or the namespace began to end meanwhile.
    const base::Reason reason = status.reason();
    const bool meanwhile =
        reason == base::Reason::AlreadyExists || reason == base::Reason::NotFound || reason == base::Reason::Forbidden;
    if (!meanwhile) throw;
  }
}

Task<void> remove_secret(resources::Resources& resources, std::string ns, std::string name, std::string uid) {
  resources::DeleteOptions options;
  options.uid = std::move(uid);
  try {
    co_await resources.remove(caller(), kind_of("Secret"), std::move(ns), std::move(name), std::move(options));
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::NotFound && status.reason() != base::Reason::Conflict) throw;
  }
}

Json in_base64(std::string_view text) { return Json(base::to_base64(text)); }

}  // namespace

const schemas::Kind& DefaultAccounts::kind() const { return kind_of("Namespace"); }

Task<Requeue> DefaultAccounts::reconcile(Key key) {
  co_await make_default_account(resources_, key.name);
  co_return Requeue::never();
}

const schemas::Kind& AccountKeeper::kind() const { return kind_of("ServiceAccount"); }

Task<Requeue> AccountKeeper::reconcile(Key key) {
  if (resources_.find(kind(), key.ns, key.name)) co_return Requeue::never();
  if (key.name == "default") co_await make_default_account(resources_, key.ns);
  resources::ListOptions options;
  options.field_selector = "type=" + std::string(kTokenType);
  options.leave_sealed = true;
  resources::ListPage page = co_await resources_.list(kind_of("Secret"), key.ns, std::move(options));
  for (const resources::Object& object : page.take_unopened()) {
    const Json secret = object.parse();
    if (annotation(secret, kAccountName) != key.name) continue;
    co_await remove_secret(resources_, key.ns, std::string(base::string_at(secret, "metadata.name")),
                           std::string(base::string_at(secret, "metadata.uid")));
  }
  co_return Requeue::never();
}

const schemas::Kind& TokenSecrets::kind() const { return kind_of("Secret"); }

Task<Requeue> TokenSecrets::reconcile(Key key) {
  const auto object = resources_.find(kind(), key.ns, key.name);
  if (!object) co_return Requeue::never();
  const Json secret = object->parse();
  const bool ending = base::find_path(secret, "metadata.deletionTimestamp") != nullptr;
  if (base::string_at(secret, "type") != kTokenType || ending) co_return Requeue::never();
  const std::string name(annotation(secret, kAccountName));
  const std::string uid(base::string_at(secret, "metadata.uid"));
  const auto account = resources_.find(kind_of("ServiceAccount"), key.ns, name);
  const std::string account_uid(account ? base::string_at(account->parse(), "metadata.uid") : "");
  const std::string_view expected = annotation(secret, kAccountUid);
  if (!account || (!expected.empty() && expected != account_uid)) {
    co_await remove_secret(resources_, key.ns, key.name, uid);
    co_return Requeue::never();
  }
  const std::string token = resources_.account_tokens().token_of_secret(key.ns, name, account_uid, {key.name, uid});
  const resources::Edit edit = [&](Json& live) {
    base::JsonObject& data = base::make_path(live, "data");
    base::JsonObject& annotations = base::make_path(live, "metadata.annotations");
    bool changed = false;
    const auto fill = [&changed](base::JsonObject& into, std::string_view member, const Json& value) {
      if (into.contains(member)) return;
      into[member] = value;
      changed = true;
    };
    fill(data, "token", in_base64(token));
    fill(data, "namespace", in_base64(key.ns));
    if (!ca_.empty()) fill(data, "ca.crt", in_base64(ca_));
    fill(annotations, kAccountUid, Json(account_uid));
    return changed;
  };
  co_await resources_.amend(caller(), kind(), key.ns, key.name, uid, resources::Part::Main, edit);
  co_return Requeue::never();
}

const schemas::Kind& RoleAggregation::kind() const { return kind_of("ClusterRole"); }

Task<Requeue> RoleAggregation::reconcile(Key) {
  co_await resources_.aggregate_cluster_roles();
  co_return Requeue::never();
}

}  // namespace berth::controller
