// SPDX-License-Identifier: Apache-2.0
#include "controller/namespace_reconciler.hpp"

#include <algorithm>

#include "base/scope.hpp"
#include "resources/object/deletion.hpp"

namespace berth::controller {
namespace {

using base::Json;
using base::Task;
using schemas::Kind;

// Deletions on their way at once: they share a sync.
constexpr std::size_t kAtOnce = 32;

resources::Caller caller() { return resources::controller_caller("namespace"); }

bool may_hold(const Kind& kind) {
  return kind.namespaced && std::ranges::find(kind.verbs, "delete") != kind.verbs.end();
}

bool is_waiting_for_us(const Json& ns) {
  const Json* list = base::find_path(ns, "spec.finalizers");
  if (base::find_path(ns, "metadata.deletionTimestamp") == nullptr || list == nullptr || !list->is_array())
    return false;
  return std::ranges::find(list->get_array(), Json(resources::kNamespaceFinalizer)) != list->get_array().end();
}

bool erase_from_spec(Json& ns) {
  if (!is_waiting_for_us(ns)) return false;
  base::JsonArray& list = base::find_path(ns, "spec.finalizers")->get_array();
  list.erase(std::ranges::find(list, Json(resources::kNamespaceFinalizer)));
  return true;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? "" : ", ").append(part);
  return text;
}

std::string joined(const std::map<std::string, std::size_t>& counts, std::string_view verb) {
  std::vector<std::string> parts;
  for (const auto& [what, count] : counts) {
    parts.push_back(what + " " + std::string(verb) + " " + std::to_string(count) + " resource instances");
  }
  return joined(parts);
}

struct Said {
  std::string_view type;
  std::string_view reason;
  std::string message;
  bool is_true = false;
};

// Upstream's types, reasons and words, in its order. What is found by discovery there is known here.
std::vector<Said> said_of(const NamespaceContent& content) {
  std::vector<Said> all{
      {"NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"},
      {"NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions",
       "All legacy kube types successfully parsed"},
      {"NamespaceDeletionContentFailure", "ContentDeleted",
       "All content successfully deleted, may be waiting on finalization"},
      {"NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"},
      {"NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"}};
  if (!content.failures.empty()) {
    all[2] = {all[2].type, "ContentDeletionFailed",
              "Failed to delete all resource types, " + std::to_string(content.failures.size()) +
                  " remaining: " + joined(content.failures),
              true};
  }
  if (!content.objects.empty()) {
    all[3] = {all[3].type, "SomeResourcesRemain", "Some resources are remaining: " + joined(content.objects, "has"),
              true};
  }
  if (!content.finalizers.empty()) {
    all[4] = {all[4].type, "SomeFinalizersRemain",
              "Some content in the namespace has finalizers remaining: " + joined(content.finalizers, "in"), true};
  }
  return all;
}

std::string_view time_of(const Json* conditions, const Said& said) {
  if (conditions == nullptr || !conditions->is_array()) return {};
  for (const Json& old : conditions->get_array()) {
    const bool same =
        base::string_at(old, "type") == said.type && (base::string_at(old, "status") == "True") == said.is_true;
    if (same) return base::string_at(old, "lastTransitionTime");
  }
  return {};
}

}  // namespace

Json namespace_conditions(const NamespaceContent& content, const Json* before, base::WallTime now) {
  base::JsonArray conditions;
  for (const Said& said : said_of(content)) {
    const std::string_view since = time_of(before, said);
    base::JsonObject condition;
    condition["type"] = said.type;
    condition["status"] = said.is_true ? "True" : "False";
    condition["lastTransitionTime"] = since.empty() ? base::format_time(now) : std::string(since);
    condition["reason"] = said.reason;
    condition["message"] = said.message;
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

const Kind& NamespaceReconciler::kind() const { return schemas::Catalog::instance().by_name("Namespace"); }

std::optional<Key> NamespaceReconciler::concerned(const resources::ObjectChange& change) {
  // Itself, too: a feed that has missed something begins again with all that is ending.
  if (change.place.kind->kind == "Namespace") return Key{"", change.place.name};
  if (change.type != resources::ObjectChange::Type::Gone || change.place.ns.empty()) return std::nullopt;
  return Key{"", change.place.ns};
}

Task<Requeue> NamespaceReconciler::reconcile(Key key) {
  const auto found = resources_.find(kind(), "", key.name);
  if (!found) co_return Requeue::never();
  const Json object = found->parse();
  if (!is_waiting_for_us(object)) co_return Requeue::never();
  const NamespaceContent content = co_await empty(key.name);
  if (!content.empty()) {
    co_await report(object, content);
    // What has finalizers wakes this as it goes.
    if (content.failures.empty()) co_return Requeue::never();
    throw base::internal_error("namespace " + key.name + " is not empty yet: " + joined(content.failures));
  }
  const std::string uid(base::string_at(object, "metadata.uid"));
  co_await resources_.amend(caller(), kind(), "", key.name, uid, resources::Part::Finalize, erase_from_spec);
  co_return Requeue::never();
}

Task<NamespaceContent> NamespaceReconciler::empty(std::string ns) {
  NamespaceContent content;
  for (const Kind& each : schemas::Catalog::instance().kinds()) {
    if (!may_hold(each)) continue;
    resources::ListPage page = co_await resources_.list(each, ns, {.leave_sealed = true});
    const std::vector<resources::Object> objects = page.take_unopened();
    for (std::size_t from = 0; from < objects.size(); from += kAtOnce) {
      const std::size_t count = std::min(kAtOnce, objects.size() - from);
      co_await remove_all(each, std::span(objects).subspan(from, count), content);
    }
  }
  co_return content;
}

// Begins nothing for a caller that is cancelled.
Task<void> NamespaceReconciler::remove_all(const Kind& of, std::span<const resources::Object> objects,
                                           NamespaceContent& content) {
  base::Scope batch(co_await base::this_loop(), "emptying of a namespace");
  for (const resources::Object& object : objects) batch.spawn(remove(of, object, content));
  co_await batch.join();
}

Task<void> NamespaceReconciler::remove(const Kind& of, resources::Object object, NamespaceContent& content) {
  Json value = object.parse();
  const std::string ns(base::string_at(value, "metadata.namespace"));
  const std::string name(base::string_at(value, "metadata.name"));
  bool left = true;
  std::string failure;
  if (base::find_path(value, "metadata.deletionTimestamp") == nullptr) {
    resources::DeleteOptions options;
    options.uid = base::string_at(value, "metadata.uid");
    options.propagation_policy = "Background";
    try {
      const resources::Written written = co_await resources_.remove(caller(), of, ns, name, std::move(options));
      left = written.outcome != resources::Written::Outcome::Deleted;
      if (left) value = written.object.parse();
    } catch (...) {
      const base::Status status = base::to_status(std::current_exception());
      left = status.reason() != base::Reason::NotFound;
      if (left) failure = status.what();
    }
  }
  if (!failure.empty()) content.failures.push_back(std::move(failure));
  if (!left) co_return;
  ++content.objects[of.plural + "." + of.group];
  const Json* finalizers = base::find_path(value, "metadata.finalizers");
  if (finalizers == nullptr || !finalizers->is_array()) co_return;
  for (const Json& finalizer : finalizers->get_array()) ++content.finalizers[std::string(finalizer.as_string())];
}

Task<void> NamespaceReconciler::report(const Json& object, const NamespaceContent& content) {
  Json status;
  if (const Json* stored = base::find_path(object, "status")) status = *stored;
  Json conditions = namespace_conditions(content, base::find_path(status, "conditions"), clock_.now());
  if (!status.is_object()) status.emplace_object();
  status.get_object()["conditions"] = std::move(conditions);
  co_await resources_.set_status(caller(), kind(), "", std::string(base::string_at(object, "metadata.name")),
                                 std::string(base::string_at(object, "metadata.uid")), std::move(status));
}

}  // namespace berth::controller
