// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/stack/stack_reconciler.hpp"

#include <algorithm>

#include "base/scope.hpp"
#include "base/status.hpp"
#include "reconcilers/host/host_view.hpp"
#include "reconcilers/pass/adopted.hpp"
#include "reconcilers/pass/names.hpp"
#include "reconcilers/plan/container_inputs.hpp"
#include "reconcilers/stack/stack_adoption.hpp"
#include "reconcilers/stack/stack_inputs.hpp"
#include "resources/object/deletion.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using base::JsonObject;
using base::Task;
using controller::Key;
using controller::Requeue;

// A policy that is loosened, and a name that becomes free, wake nobody.
constexpr std::chrono::seconds kTryAgain{30};

const schemas::Kind& stack_kind() {
  static const schemas::Kind& kKind = schemas::Catalog::instance().by_name("ComposeStack");
  return kKind;
}

resources::Caller caller() { return resources::controller_caller("composestack"); }

const schemas::Kind& kind_of(const ChildName& child) { return schemas::Catalog::instance().by_name(child.kind); }

ChildName name_of(const Json& object) {
  return {std::string(base::string_at(object, "kind")), std::string(base::string_at(object, "metadata.name"))};
}

bool is_deleting(const Json& object) { return base::find_path(object, "metadata.deletionTimestamp") != nullptr; }

// A Secret has no generation: its version stands for it. Labels raise none.
std::string stamp_of(const Json& object) {
  const std::string uid(base::string_at(object, "metadata.uid"));
  const std::int64_t generation = base::int_at(object, "metadata.generation", -1);
  if (generation < 0) return uid + "/" + std::string(base::string_at(object, "metadata.resourceVersion"));
  const Json* labels = base::find_path(object, "metadata.labels");
  return uid + "/" + std::to_string(generation) + (labels == nullptr ? "" : base::to_canonical(*labels));
}

// Berth itself says no, and says so again until something else changes.
bool is_refusal(const base::Status& status) {
  return status.reason() == base::Reason::Invalid || status.reason() == base::Reason::Forbidden ||
         status.reason() == base::Reason::BadRequest;
}

// What its containers look at.
std::string wishes_of(const schemas::ComposeStack& stack) {
  return stack.spec.desired_state + (stack.spec.suspend ? " suspended" : "");
}

// A Secret's data is not kept between passes.
void forget_secrets(StackContent& content) {
  for (StackChild& child : content.children) {
    if (child.name.kind == "Secret") child.configuration.as_object().erase("data");
  }
}

}  // namespace

struct StackReconciler::Pass {
  Key key;
  Json object;
  schemas::ComposeStack stack;
  StackView view;
  StackInputs inputs;
  HostView host;
  compose::MissingPath missing_path = compose::MissingPath::Made;
  std::string version;
  std::shared_ptr<StackContent> content;
  bool remembered = false;                   // the content, of the last pass
  std::map<ChildName, std::string> settled;  // what is known to be as it shall be
  std::map<ChildName, SeenChild> live;       // children that there are, and what has their names
  std::vector<Json> surplus;                 // owned, and no child any more
  std::exception_ptr error;                  // of a write that is to be tried again
};

const schemas::Kind& StackReconciler::kind() const { return stack_kind(); }

std::optional<Key> StackReconciler::concerned(const resources::ObjectChange& change) {
  const std::string& bytes = *(change.before ? *change.before : change.object).bytes;
  const std::string& now = *change.object.bytes;
  // Most have no such owner, and are not parsed.
  if (bytes.find("\"ComposeStack\"") == std::string::npos && now.find("\"ComposeStack\"") == std::string::npos) {
    return std::nullopt;
  }
  for (const auto* each : {&bytes, &now}) {
    const Json object = base::parse_json(*each);
    const std::string owner = controller_of(object);
    if (owner.starts_with("ComposeStack ")) return Key{change.place.ns, owner.substr(owner.find(' ') + 1)};
  }
  return std::nullopt;
}

Task<Requeue> StackReconciler::reconcile(Key key) {
  const auto found = tools_.resources.find(stack_kind(), key.ns, key.name);
  if (!found) {
    memory_.erase(key);
    co_return Requeue::never();
  }
  Pass pass;
  pass.key = std::move(key);
  pass.object = found->parse();
  pass.stack = schemas::decode_compose_stack(pass.object);
  pass.view.stack = &pass.stack;
  pass.view.now = tools_.clock.now();
  co_return co_await run(pass);
}

Task<Requeue> StackReconciler::run(Pass& pass) {
  if (is_deleting(pass.object)) co_return co_await end(pass);
  pass.host = view_host(tools_.resources, tools_.engines, pass.stack.spec.host);
  const std::string wishes = wishes_of(pass.stack);
  const auto before = memory_.find(pass.key);
  const bool others = before == memory_.end() || before->second.wishes != wishes;
  if (!read(pass)) {
    co_await report(pass);
    if (others) wake_containers(pass);
    memory_[pass.key].wishes = wishes;
    co_return Requeue::never();
  }
  take_children(pass);
  if (!pass.stack.spec.suspend && pass.content->errors.empty()) co_await converge(pass);
  co_await report(pass);
  if (others) wake_containers(pass);
  forget_secrets(*pass.content);
  memory_[pass.key] = {pass.version, pass.content, std::move(pass.settled), std::move(pass.live), wishes};
  if (pass.error) std::rethrow_exception(pass.error);
  const bool said_no = !pass.view.refused.empty() || !pass.view.conflicts.empty();
  co_return said_no ? Requeue::after(kTryAgain) : Requeue::never();
}

// What the stack comes to; false when that cannot be told yet.
bool StackReconciler::read(Pass& pass) {
  pass.inputs = read_stack_inputs(tools_.resources, caller(), pass.stack);
  pass.view.missing = pass.inputs.missing;
  if (!pass.view.missing.empty()) return false;
  const auto missing_path = missing_path_on(tools_.resources, pass.stack.spec.host);
  if (!missing_path) {
    pass.view.host = {Truth::Unknown, "HostUnreachable", "host " + pass.stack.spec.host + " has not been reached yet"};
    return false;
  }
  if (asks_to_adopt(pass.stack) && pass.host.state != HostView::State::Usable) {
    pass.view.host = {Truth::Unknown, "HostUnreachable", "what is to be taken over cannot be seen"};
    return false;
  }
  pass.missing_path = *missing_path;
  pass.version = pass.stack.metadata.uid + "/" + std::to_string(pass.stack.metadata.generation) + " " +
                 pass.inputs.versions + (*missing_path == compose::MissingPath::Made ? "new" : "old");
  const auto memory = memory_.find(pass.key);
  pass.remembered = memory != memory_.end() && memory->second.version == pass.version;
  if (pass.remembered) {
    pass.content = memory->second.content;
    pass.settled = memory->second.settled;
    pass.live = memory->second.live;
    pass.view.content = pass.content.get();
  } else {
    expand(pass);
    keep_settled(pass);
  }
  return true;
}

// What another version of the file says of a child in the same words was applied with the last one. A Secret's values
// are not kept to be compared.
void StackReconciler::keep_settled(Pass& pass) const {
  const auto memory = memory_.find(pass.key);
  if (memory == memory_.end() || !memory->second.content) return;
  std::map<ChildName, const Json*> before;
  for (const StackChild& child : memory->second.content->children) before[child.name] = &child.configuration;
  for (const StackChild& child : pass.content->children) {
    const auto same = before.find(child.name);
    const auto known = memory->second.settled.find(child.name);
    if (child.name.kind == "Secret" || same == before.end() || known == memory->second.settled.end()) continue;
    if (base::json_equal(*same->second, child.configuration)) pass.settled.insert(*known);
  }
}

void StackReconciler::expand(Pass& pass) {
  compose::Expansion made =
      resources::expand_stack(pass.object, std::exchange(pass.inputs.variables, {}), pass.missing_path);
  pass.content = std::make_shared<StackContent>(stack_content(pass.stack, std::move(made)));
  pass.view.content = pass.content.get();
}

// Containers look at their stack's desiredState and suspend, whatever becomes of its file.
void StackReconciler::wake_containers(const Pass& pass) const {
  for (const resources::Place& place : tools_.resources.dependents(pass.stack.metadata.uid)) {
    if (place.kind->kind == "Container") tools_.wake_container({place.ns, place.name});
  }
}

StackReconciler::SeenChild StackReconciler::see(const Pass& pass, const ChildName& name,
                                                const resources::Object& object) const {
  const Json value = object.parse();
  SeenChild seen;
  seen.revision = object.revision;
  seen.uid = base::string_at(value, "metadata.uid");
  seen.stamp = stamp_of(value);
  seen.standing = standing_of(pass.stack, value);
  seen.controller = controller_of(value);
  seen.deleting = is_deleting(value);
  seen.adopt = adopt_of(value);
  seen.adopted = base::string_at(value, "status.adopted");
  seen.has_container = !seen.adopted.empty() || !base::string_at(value, "status.containerID").empty();
  seen.child = live_child(value, pass.stack.spec.desired_state);
  if (name.kind == "ConfigMap" || name.kind == "Secret") {
    seen.contents = content_hash(tools_.resources, caller(), pass.key.ns, name.kind, name.name).value_or("");
  }
  return seen;
}

// What a Container says was said of other contents than its ConfigMaps and Secrets have now: it is about to look again,
// unless its host is away.
void StackReconciler::doubt(LiveChild& child, const std::map<ChildName, SeenChild>& live) {
  if (child.away) return;
  for (const auto& [name, hash] : child.read) {
    const auto found = live.find(name);
    if (found == live.end() || found->second.contents == hash) continue;
    child.current = child.ready = child.stalled = child.unhealthy = false;
    child.said = {Truth::False, "Pending", to_text(name) + " has changed"};
  }
}

// Each change of a child wakes its stack, which reads that one again and not the others.
void StackReconciler::take_children(Pass& pass) const {
  std::map<ChildName, SeenChild> before = std::exchange(pass.live, {});
  pass.surplus.clear();
  pass.view.children.clear();
  pass.view.conflicts.clear();
  for (const StackChild& child : pass.content->children) {
    const auto object = tools_.resources.find(kind_of(child.name), pass.key.ns, child.name.name);
    if (!object) continue;
    const auto known = before.find(child.name);
    const bool same = known != before.end() && known->second.revision == object->revision;
    const SeenChild& seen = pass.live[child.name] = same ? std::move(known->second) : see(pass, child.name, *object);
    if (seen.standing == Standing::Ours) {
      pass.view.children.push_back(seen.child);
    } else if (seen.standing == Standing::Another) {
      pass.view.conflicts.push_back(to_text(child.name) + " is there already, and " +
                                    (seen.controller.empty() ? "belongs to nobody" : "belongs to " + seen.controller));
    }
  }
  for (LiveChild& child : pass.view.children) doubt(child, pass.live);
  excuse_waiting(pass.view.children);
  const auto is_child = [&pass](const resources::Place& place) {
    return pass.live.contains({place.kind->kind, place.name});
  };
  for (Json& object : owned_objects(tools_.resources, pass.stack, is_child)) {
    if (!is_deleting(object)) pass.surplus.push_back(std::move(object));
  }
}

// What the child shall be told to take over, "" for nothing.
std::string StackReconciler::token_of(const Pass& pass, const StackChild& child) {
  ToldChild told;
  const auto live = pass.live.find(child.name);
  if (live != pass.live.end()) told = {live->second.adopt, live->second.has_container};
  const bool seen = pass.host.state == HostView::State::Usable;
  return token_for(pass.stack, child, seen ? pass.host.snapshot.get() : nullptr, told);
}

// Places in the content's children, and the uid of what there is, of those that may not be as they shall be.
std::map<std::size_t, std::string> StackReconciler::due(const Pass& pass) const {
  std::map<std::size_t, std::string> due;
  for (std::size_t i = 0; i < pass.content->children.size(); ++i) {
    const ChildName& name = pass.content->children[i].name;
    const auto found = pass.live.find(name);
    if (found == pass.live.end()) {
      due[i] = "";
      continue;
    }
    const auto known = pass.settled.find(name);
    const SeenChild& seen = found->second;
    if (seen.standing == Standing::Another || seen.deleting) continue;
    const bool known_so = known != pass.settled.end() && known->second == seen.stamp;
    const bool told = token_of(pass, pass.content->children[i]) == seen.adopt;
    if (known_so && told && seen.standing == Standing::Ours) continue;
    due[i] = seen.uid;
  }
  return due;
}

// Everything at once: what waits for what is the children's affair. What is to go is last, since others referred to it.
Task<void> StackReconciler::converge(Pass& pass) {
  const std::map<std::size_t, std::string> places = due(pass);
  if (places.empty() && pass.surplus.empty()) co_return;
  if (pass.remembered && !places.empty()) expand(pass);
  base::Scope batch(co_await base::this_loop(), "objects of a stack");
  for (const auto& [place, uid] : places) batch.spawn(apply(pass, pass.content->children[place], uid));
  co_await batch.join();
  if (!pass.error) co_await remove_all(std::move(pass.surplus));
  take_children(pass);
}

Task<void> StackReconciler::apply(Pass& pass, const StackChild& child, std::string uid) {
  resources::Body body{child.configuration, {}};
  JsonObject& metadata = body.value.at("metadata").as_object();
  if (!uid.empty()) metadata["uid"] = uid;
  const std::string adoptee = token_of(pass, child);
  if (!adoptee.empty()) metadata["annotations"] = JsonObject{{kAdoptAnnotation, adoptee}};
  resources::ApplyOptions options;
  options.write.field_manager = "composestack";
  options.force = true;
  try {
    const resources::Written written =
        co_await tools_.resources.apply(caller(), kind_of(child.name), pass.key.ns, child.name.name,
                                        resources::Part::Main, std::move(body), std::move(options));
    pass.settled[child.name] = stamp_of(written.object.parse());
  } catch (...) {
    const base::Status status = base::to_status(std::current_exception());
    pass.settled.erase(child.name);
    if (is_refusal(status)) {
      pass.view.refused.push_back(status.message());
    } else if (!pass.error) {
      pass.error = std::current_exception();
    }
  }
}

Task<void> StackReconciler::remove_all(std::vector<Json> objects) {
  base::Scope batch(co_await base::this_loop(), "removals of a stack");
  for (Json& object : objects) batch.spawn(remove(std::move(object)));
  co_await batch.join();
}

Task<void> StackReconciler::remove(Json object) {
  resources::DeleteOptions options;
  options.uid = base::string_at(object, "metadata.uid");
  options.propagation_policy = "Background";
  try {
    co_await tools_.resources.remove(caller(), kind_of(name_of(object)),
                                     std::string(base::string_at(object, "metadata.namespace")), name_of(object).name,
                                     std::move(options));
  } catch (const base::Status& status) {
    // Gone, or another one by now.
    if (status.reason() != base::Reason::NotFound && status.reason() != base::Reason::Conflict) throw;
  }
}

Task<Requeue> StackReconciler::end(Pass& pass) {
  // They are let go of first, and then are nobody's.
  if (resources::has_finalizer(pass.object, resources::kOrphanFinalizer)) co_return Requeue::never();
  const std::vector<Json> objects = owned_objects(tools_.resources, pass.stack);
  if (objects.empty()) {
    memory_.erase(pass.key);
    co_await tools_.resources.remove_finalizer(caller(), stack_kind(), pass.key.ns, pass.key.name,
                                               pass.stack.metadata.uid, std::string(kFinalizer));
    co_return Requeue::never();
  }
  for (const Json& object : objects) pass.view.children.push_back(live_child(object, pass.stack.spec.desired_state));
  co_await report(pass);
  std::vector<Json> going;
  for (const Json* object : next_to_go(objects)) {
    if (!is_deleting(*object)) going.push_back(*object);
  }
  co_await remove_all(std::move(going));
  co_return Requeue::never();  // each that goes wakes the stack
}

Task<void> StackReconciler::report(Pass& pass) {
  if (pass.host.state == HostView::State::Usable && pass.content) {
    std::map<ChildName, std::string> adopted;
    for (const auto& [name, seen] : pass.live) adopted[name] = seen.adopted;
    pass.view.strangers = strangers_in(tools_.resources, *pass.host.snapshot, pass.stack, adopted);
  }
  Json status = schemas::encode(stack_status(pass.view));
  const Json* stored = base::find_path(pass.object, "status");
  if (stored != nullptr && base::json_equal(*stored, status)) co_return;
  co_await tools_.resources.set_status(caller(), stack_kind(), pass.key.ns, pass.key.name, pass.stack.metadata.uid,
                                       std::move(status));
}

}  // namespace berth::reconcilers
