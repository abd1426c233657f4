// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/stack/stack_preview.hpp"

#include <algorithm>
#include <set>

#include "resources/stack_sources.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using What = ChildChange::What;

bool holds_content(const ChildName& child) { return child.kind == "ConfigMap" || child.kind == "Secret"; }

// Whether a container's spec has a reference such as {"secretKeyRef": {"name": "a"}} or envFrom's, anywhere.
bool refers_to(const Json& value, const ChildName& child) {
  if (value.is_array()) {
    return std::ranges::any_of(value.get_array(), [&child](const Json& item) { return refers_to(item, child); });
  }
  if (!value.is_object()) return false;
  const bool secret = child.kind == "Secret";
  for (const auto& member : value.get_object()) {
    const bool is_reference = member.key() == (secret ? "secretKeyRef" : "configMapKeyRef") ||
                              member.key() == (secret ? "secretRef" : "configMapRef");
    if (is_reference && base::string_at(member.value(), "name") == child.name) return true;
    if (refers_to(member.value(), child)) return true;
  }
  return false;
}

std::string_view state_of(const Json& container, const StackWish& wish) {
  const bool of_all = wish.desired_state == "Stopped" || wish.desired_state == "Paused";
  return of_all ? std::string_view(wish.desired_state) : base::string_at(container, "spec.desiredState");
}

// A one-shot that has run to its end, and is stopped since, goes on from there.
bool has_ended(const Json& container) {
  const std::string_view policy = base::string_at(container, "spec.restartPolicy");
  return (policy == "Never" || policy == "OnFailure") && !base::string_at(container, "status.finishedAt").empty();
}

class Preview {
 public:
  explicit Preview(const StackPreviewInput& input) : in_(input) {}

  StackPreview make() {
    made_.refused = in_.refused;
    for (const ChildName& one : in_.changed_first) made_.changed_first.push_back(to_text(one));
    made_.warnings = in_.content->warnings;
    for (const compose::Problem& error : in_.content->errors) made_.refused.push_back(resources::to_text(error));
    // A file that is not accepted takes nothing away.
    if (!in_.content->errors.empty()) return std::move(made_);
    for (const StackChild& child : in_.content->children) {
      if (child.name.kind != "Container") add_plain(child);
    }
    for (const StackChild& child : in_.content->children) {
      if (child.name.kind == "Container") add_container(child);
    }
    add_removed();
    for (const StackChild& child : in_.content->children) {
      if (child.name.kind == "Container" && is_started(child.name)) made_.start_order.push_back(child.name.name);
    }
    return std::move(made_);
  }

 private:
  const Json* next_of(const ChildName& name) const {
    const auto found = in_.next.find(name);
    return found == in_.next.end() ? nullptr : &found->second;
  }
  const Json* live_of(const ChildName& name) const {
    const auto found = in_.live.find(name);
    return found == in_.live.end() ? nullptr : &found->second;
  }

  bool shall_run(const Json& next) const {
    return !in_.wish.suspend && !base::bool_at(next, "spec.suspend") && state_of(next, in_.wish) != "Stopped";
  }

  bool is_started(const ChildName& name) const {
    const Json* next = next_of(name);
    if (next == nullptr || !shall_run(*next)) return false;
    if (renewed_.contains(name.name) || restarted_.contains(name.name)) return true;
    const Json* live = live_of(name);
    if (live == nullptr || has_ended(*live)) return false;
    const bool never_ran = base::string_at(*live, "status.startedAt").empty();
    return never_ran || state_of(*live, in_.wished) == "Stopped";
  }

  void add(ChildChange change) { made_.changes.push_back(std::move(change)); }

  // Networks, Volumes, ConfigMaps, Secrets. What is refused would not be there.
  void add_plain(const StackChild& child) {
    const Json* next = next_of(child.name);
    const Json* live = live_of(child.name);
    if (next == nullptr) return;
    if (live == nullptr) return add({child.name, What::Create, {}, {}});
    std::vector<FieldChange> fields = field_changes(*live, *next);
    if (fields.empty()) return;
    if (holds_content(child.name)) changed_content_.push_back(child.name);
    if (child.name.kind == "Secret") fields.clear();
    add({child.name, What::Update, std::move(fields), {}});
  }

  void add_container(const StackChild& child) {
    const Json* next = next_of(child.name);
    const Json* live = live_of(child.name);
    if (next == nullptr) return;
    if (live == nullptr) {
      renewed_.insert(child.name.name);
      return add({child.name, What::Create, {}, {}});
    }
    ChildChange change{child.name, What::Update, field_changes(*live, *next), {}};
    for (const ChildName& content : changed_content_) {
      if (refers_to(*next, content)) change.reasons.push_back(to_text(content) + " changes");
    }
    if (!change.reasons.empty() || in_.needs_replace(*live, *next)) {
      change.what = What::Replace;
      for (const ChildName& content : in_.changed_first) {
        if (refers_to(*next, content)) change.reasons.push_back(to_text(content) + " changes");
      }
      renewed_.insert(child.name.name);
    } else if (const std::string other = followed(*next); !other.empty() && shall_run(*next)) {
      change.what = What::Restart;
      restarted_.insert(child.name.name);
      change.reasons.push_back("it follows Container " + other);
    }
    if (change.what != What::Update || !change.fields.empty()) add(std::move(change));
  }

  // The first dependency with `restart: true` that is renewed before it; "" for none.
  std::string followed(const Json& container) const {
    const Json* list = base::find_path(container, "spec.dependsOn");
    if (list == nullptr || !list->is_array()) return "";
    for (const Json& one : list->get_array()) {
      const std::string name(base::string_at(one, "containerRef.name"));
      if (base::bool_at(one, "restart") && renewed_.contains(name)) return name;
    }
    return "";
  }

  void add_removed() {
    // While it is suspended the stack takes nothing away.
    if (in_.wish.suspend) return;
    std::set<ChildName> kept;
    for (const StackChild& child : in_.content->children) kept.insert(child.name);
    for (const auto& [name, object] : in_.live) {
      if (!kept.contains(name)) add({name, What::Remove, {}, {}});
    }
  }

  const StackPreviewInput& in_;
  StackPreview made_;
  std::vector<ChildName> changed_content_;
  std::set<std::string> renewed_;
  std::set<std::string> restarted_;
};

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

std::string_view to_string(What what) {
  switch (what) {
    case What::Create:
      return "create";
    case What::Replace:
      return "replace";
    case What::Restart:
      return "restart";
    case What::Update:
      return "update";
    case What::Remove:
      return "remove";
  }
  return "";
}

StackPreview preview_stack(const StackPreviewInput& input) { return Preview(input).make(); }

std::string to_text(const StackPreview& preview) {
  std::string text;
  for (const std::string& first : preview.created_first) text += "created first " + first + "\n";
  for (const std::string& first : preview.changed_first) text += "changed first " + first + "\n";
  for (const ChildChange& change : preview.changes) {
    text += std::string(to_string(change.what)) + " " + to_text(change.child) + "\n";
    for (const std::string& reason : change.reasons) text += "  " + reason + "\n";
    for (const FieldChange& field : change.fields) text += "  " + to_text(field) + "\n";
  }
  if (!preview.start_order.empty()) text += "start " + joined(preview.start_order) + "\n";
  for (const std::string& step : preview.steps) text += "engine: " + step + "\n";
  for (const std::string& refused : preview.refused) text += "refused " + refused + "\n";
  // Somebody waits for what is created first.
  const bool nothing = preview.changes.empty() && preview.refused.empty() && preview.steps.empty();
  if (nothing && preview.created_first.empty()) text += "nothing to do\n";
  for (const compose::Problem& warning : preview.warnings) text += "warning " + resources::to_text(warning) + "\n";
  return text;
}

Json to_json(const StackPreview& preview) {
  JsonArray changes;
  for (const ChildChange& change : preview.changes) {
    JsonArray fields;
    for (const FieldChange& field : change.fields) {
      JsonObject one{{"path", field.path}};
      if (field.before) one["before"] = *field.before;
      if (field.after) one["after"] = *field.after;
      fields.push_back(std::move(one));
    }
    changes.push_back(JsonObject{{"kind", change.child.kind},
                                 {"name", change.child.name},
                                 {"action", to_string(change.what)},
                                 {"fields", std::move(fields)},
                                 {"reasons", JsonArray(change.reasons.begin(), change.reasons.end())}});
  }
  JsonArray warnings;
  for (const compose::Problem& warning : preview.warnings) {
    warnings.push_back(JsonObject{{"path", warning.path}, {"message", warning.message}});
  }
  return JsonObject{{"text", to_text(preview)},
                    {"changes", std::move(changes)},
                    {"startOrder", JsonArray(preview.start_order.begin(), preview.start_order.end())},
                    {"steps", JsonArray(preview.steps.begin(), preview.steps.end())},
                    {"createdFirst", JsonArray(preview.created_first.begin(), preview.created_first.end())},
                    {"changedFirst", JsonArray(preview.changed_first.begin(), preview.changed_first.end())},
                    {"refused", JsonArray(preview.refused.begin(), preview.refused.end())},
                    {"warnings", std::move(warnings)}};
}

}  // namespace berth::reconcilers
