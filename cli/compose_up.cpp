// SPDX-License-Identifier: Apache-2.0
// compose up
#include <algorithm>
#include <array>
#include <ostream>
#include <set>
#include <utility>

#include "base/status.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/duration.hpp"
#include "cli/printable.hpp"
#include "cli/wait_for.hpp"
#include "compose/model.hpp"

namespace berth::cli {
namespace {

constexpr const char* kRunning = R"({"spec":{"desiredState":"Running"}})";
constexpr std::array<std::string_view, 5> kObjects{"Container ", "Network ", "Volume ", "ConfigMap ", "Secret "};

bool is_of_an_object(std::string_view part) {
  return std::ranges::any_of(kObjects, [part](std::string_view kind) { return part.starts_with(kind); });
}

// What is worth a line of what a Container waits for: not the next step, nor the stack's own objects on their way. Of
// those that change as they go on, the part that stays.
std::string told_of(const std::string& container, std::string_view said) {
  constexpr std::string_view kPulled = " is pulled";
  if (said.starts_with("waits for ")) return std::string(said.substr(0, said.find(": ")));
  if (said.starts_with("image ") && said.find(kPulled) != std::string_view::npos) {
    return std::string(said.substr(0, said.find(kPulled) + kPulled.size()));
  }
  const bool own_step = said.find(" " + container) != std::string_view::npos || said.starts_with("the container is ");
  const bool of_stack = said.starts_with("spec.networks[") || said.starts_with("spec.mounts[");
  const bool one_word = said.find(' ') == std::string_view::npos;  // a state, such as Pending, and no message with it
  return own_step || of_stack || one_word || said == "waiting for its controller" ? "" : std::string(said);
}

std::string told_of(const Json& service, const std::vector<std::string>& parts) {
  const Json* containers = base::find_path(service, "containers");
  if (containers == nullptr || !containers->is_array()) return "";
  for (const Json& container : containers->get_array()) {
    const std::string name(container.as_string());
    const std::string head = "Container " + name + ": ";
    for (const std::string& part : parts) {
      if (!part.starts_with(head)) continue;
      const std::string told = told_of(name, std::string_view(part).substr(head.size()));
      if (!told.empty()) return told;
    }
  }
  return "";
}

// Shows each service as its state changes, and what is said of the stack itself. What goes back and forth, as a pull
// that is tried again does, is said once.
class Shown {
 public:
  explicit Shown(Session& session, std::string label) : session_(session), label_(std::move(label)) {}

  // True when the stack is Ready, Stalled, or gone.
  bool look(const Json* object) {
    if (object == nullptr) {
      seen_ = {Progress::State::Failed, "it was deleted"};
      return true;
    }
    seen_ = progress_of(*object);
    if (seen_.state == Progress::State::Stale) return false;
    const bool waiting = seen_.state == Progress::State::Waiting;
    for (const auto& [name, state] : service_states(*object, waiting ? seen_.reason : "")) {
      const std::string line =
          "service " + printable(name) + ": " + state.count + (state.told.empty() ? "" : ", " + printable(state.told));
      const bool counted = std::exchange(counts_[name], state.count) == state.count;
      if (counted && state.told.empty()) continue;
      if (said_.insert(line).second || !counted) session_.out << line << "\n";
    }
    for (const std::string& part : waiting_parts(waiting ? seen_.reason : "")) {
      if (!is_of_an_object(part) && said_.insert(part).second) session_.out << label_ << ": " << part << "\n";
    }
    session_.out.flush();
    return !waiting;
  }

  bool finish() {
    const bool ready = seen_.state == Progress::State::Ready;
    session_.out << label_ << (ready ? " ready\n" : " not ready: " + seen_.reason + "\n");
    session_.out.flush();
    return ready;
  }

 private:
  Session& session_;
  std::string label_;
  Progress seen_;
  std::map<std::string, std::string> counts_;
  std::set<std::string> said_;
};

// A stack of that name that is being deleted is waited for: what is declared is another one.
Task<DeclaredStack> declare_successor(Session& session, ComposeOptions options, ComposeFiles files, Deadline deadline) {
  DeclaredStack stack = co_await declare_stack(session, options.flags, files, options.words);
  if (!stack.live || base::string_at(*stack.live, "metadata.deletionTimestamp").empty()) co_return stack;
  session.out << stack.address.label() << ": waiting for the one before it to be gone\n";
  session.out.flush();
  const std::string uid(base::string_at(*stack.live, "metadata.uid"));
  const bool gone = co_await wait_until(session, stack.address, deadline.left(), [uid](const Json* object) {
    return object == nullptr || base::string_at(*object, "metadata.uid") != uid;
  });
  if (!gone) throw base::timeout("timed out waiting for the deletion of " + stack.address.label());
  co_return co_await declare_stack(session, std::move(options.flags), std::move(files), std::move(options.words));
}

// Makes a stack of some services. An apply would take the place of one that somebody else makes of others at the same
// time: of two creates one loses, and is then beside the other. False when somebody else has made it. What it sets
// becomes the next apply's, as that of client-side apply does: the annotation says so, and goes with it.
Task<bool> create_first(Session& session, DeclaredStack stack) {
  Json& annotations = stack.wanted.at("metadata").as_object()["annotations"];
  if (!annotations.is_object()) annotations.emplace_object();
  annotations.as_object()["kubectl.kubernetes.io/last-applied-configuration"] = "{}";
  const std::string path = stack.address.resource->path(stack.address.ns) +
                           query_of({{"fieldManager", kComposeManager}, {"fieldValidation", "Strict"}});
  try {
    (void)co_await session.client.send("POST", path, "application/json", base::to_canonical(stack.wanted));
    co_return true;
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::AlreadyExists) throw stack_error(status, stack.files);
  }
  co_return false;
}

struct Declared {
  DeclaredStack stack;
  Applied applied;
};

Task<Declared> declare_and_apply(Session& session, ComposeOptions options, Deadline deadline) {
  const ComposeFiles files = files_here(options.flags);
  bool created = false;
  for (int tries = 1; tries <= kMostTries; ++tries) {
    DeclaredStack stack = co_await declare_successor(session, options, files, deadline);
    if (options.adopt) ask_to_adopt(stack);
    if (tries == 1) co_await warn_of_strangers(session, stack);
    if (!stack.live && !options.words.empty()) {
      created = co_await create_first(session, std::move(stack));
      continue;
    }
    // Services beside those that are asked for are as they were read.
    if (!options.words.empty()) apply_only_as_read(stack);
    std::optional<Applied> applied = co_await try_apply(session, stack, options.conflicts);
    if (!applied) continue;
    if (created) applied->word = "created";
    co_return Declared{std::move(stack), *std::move(applied)};
  }
  throw changed_meanwhile();
}

Task<void> change(Session& session, Address address, std::string merge) {
  const std::string path = address.path() + query_of({{"fieldManager", kComposeManager}});
  (void)co_await session.client.send("PATCH", path, "application/merge-patch+json", std::move(merge));
}

// Those of the file as it is now: others are on their way out. Where it cannot be read without the server, all.
std::vector<Json> still_declared(const DeclaredStack& stack, std::vector<Json> containers) {
  try {
    const compose::Model model = compose::load_model(sources_of(stack.files, stack.reading));
    const base::JsonObject& services = model.json.at("services").as_object();
    std::erase_if(containers, [&](const Json& container) { return !services.contains(service_of(container)); });
  } catch (const base::Status&) {
    return containers;
  }
  return containers;
}

// False when it is gone meanwhile.
Task<bool> run_one(Session& session, Address address) {
  try {
    co_await change(session, address, kRunning);
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::NotFound) throw;
    co_return false;
  }
  co_return true;
}

// What was stopped runs again, by itself or with the stack; where services are asked for these, and what they depend
// on. Not part of the apply, so that who stopped it is no conflict. Gives the Containers that were stopped by
// themselves.
Task<std::vector<Address>> run_again(Session& session, Declared declared, std::vector<std::string> services) {
  const Json& after = declared.applied.after;
  if (base::string_at(after, "spec.desiredState") != "Running") {
    co_await change(session, declared.stack.address, kRunning);
  }
  const Resource& kind = session.discovery.find("containers.berth.dev");
  std::vector<Json> containers = co_await stack_containers(session, after, {});
  containers = still_declared(declared.stack, std::move(containers));
  std::vector<Address> started;
  for (const std::string& name : stopped_alone(containers, services)) {
    const Address one{&kind, session.ns, name};
    const bool runs = co_await run_one(session, one);
    if (runs) started.push_back(one);
  }
  co_return started;
}

// The stack calls ready what is stopped by its own wish, until it has heard of another. False when one cannot be, or
// the time is over. One that is gone was one too many, which is the stack's affair.
Task<bool> wait_for_started(Session& session, std::vector<Address> started, Deadline deadline) {
  for (const Address& one : started) {
    Progress seen;
    co_await wait_until(session, one, deadline.left(), [&seen](const Json* container) {
      seen = container == nullptr ? Progress{Progress::State::Ready, ""} : progress_of(*container);
      return seen.state == Progress::State::Ready || seen.state == Progress::State::Failed;
    });
    if (seen.state == Progress::State::Ready) continue;
    session.out << one.label() << " not ready: " << seen.reason << "\n";
    co_return false;
  }
  co_return true;
}

// Containers with what they depend on, which comes first: one that is started ahead of it is refused until it runs.
class Needs {
 public:
  explicit Needs(const std::vector<Json>& containers) {
    for (const Json& container : containers) {
      by_name_[std::string(base::string_at(container, "metadata.name"))] = &container;
    }
  }

  void add(const std::string& name) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end() || !seen_.insert(name).second) return;
    const Json* needs = base::find_path(*found->second, "spec.dependsOn");
    if (needs != nullptr && needs->is_array()) {
      for (const Json& need : needs->get_array()) add(std::string(base::string_at(need, "containerRef.name")));
    }
    if (base::string_at(*found->second, "spec.desiredState") != "Running") stopped_.push_back(name);
  }

  std::vector<std::string> stopped() && { return std::move(stopped_); }

 private:
  std::map<std::string, const Json*> by_name_;
  std::set<std::string> seen_;
  std::vector<std::string> stopped_;
};

void refuse_scale(const std::vector<std::string>& scale) {
  if (scale.empty()) return;
  const std::string service = scale.front().substr(0, scale.front().find('='));
  throw base::bad_request("--scale is not kept by a stack, which is as its file says: set services." + service +
                          ".deploy.replicas in the compose file");
}

}  // namespace

std::map<std::string, ServiceState> service_states(const Json& stack, std::string_view reason) {
  std::map<std::string, ServiceState> states;
  const std::vector<std::string> parts = waiting_parts(reason);
  const Json* services = base::find_path(stack, "status.services");
  if (services == nullptr || !services->is_array()) return states;
  for (const Json& service : services->get_array()) {
    const std::string ready = std::to_string(base::int_at(service, "ready"));
    const std::string desired = std::to_string(base::int_at(service, "desired"));
    states[std::string(base::string_at(service, "name"))] = {ready + "/" + desired + " ready", told_of(service, parts)};
  }
  return states;
}

std::vector<std::string> stopped_alone(const std::vector<Json>& containers, const std::vector<std::string>& services) {
  Needs needs(containers);
  for (const Json& container : containers) {
    const bool named = std::ranges::find(services, service_of(container)) != services.end();
    if (services.empty() || named) needs.add(std::string(base::string_at(container, "metadata.name")));
  }
  return std::move(needs).stopped();
}

std::vector<std::string> waiting_parts(std::string_view reason) {
  constexpr std::string_view kProgressing = "Progressing: ";
  constexpr std::string_view kSeparator = "; ";
  if (reason.starts_with(kProgressing)) reason.remove_prefix(kProgressing.size());
  std::vector<std::string> parts;
  while (!reason.empty()) {
    const std::size_t end = std::min(reason.find(kSeparator), reason.size());
    const std::string_view part = reason.substr(0, end);
    if (parts.empty() || is_of_an_object(part)) {
      parts.emplace_back(part);
    } else {
      parts.back().append(kSeparator).append(part);  // one that holds the separator, and what is left out at the end
    }
    reason.remove_prefix(std::min(end + kSeparator.size(), reason.size()));
  }
  return parts;
}

Task<std::optional<Applied>> try_apply(Session& session, DeclaredStack stack, Conflicts conflicts) {
  const ApplyMode mode{.conflicts = conflicts, .manager = kComposeManager};
  const bool as_read = base::find_path(stack.wanted, "metadata.resourceVersion") != nullptr;
  Json wanted = stack.wanted;
  try {
    co_return co_await apply_object(session, stack.address, std::move(wanted), mode);
  } catch (const base::Status& status) {
    if (!as_read || status.reason() != base::Reason::Conflict) throw stack_error(status, stack.files);
  }
  co_return std::nullopt;
}

base::Status changed_meanwhile() {
  return {base::Reason::Conflict, "the stack was changed again and again meanwhile: nothing was applied"};
}

Task<int> run_compose_up(Session& session, ComposeOptions options) {
  refuse_scale(options.scale);
  const Deadline deadline(base::real_clock(), parse_timeout(options.timeout));
  const Declared declared = co_await declare_and_apply(session, options, deadline);
  const Address& address = declared.stack.address;
  print_result(session, address, declared.applied.after, declared.applied.word, {});
  std::vector<Address> started;
  if (declared.stack.live) started = co_await run_again(session, declared, options.words);
  if (!options.wait) co_return 0;
  const bool runs = co_await wait_for_started(session, std::move(started), deadline);
  if (!runs) co_return 1;
  Shown shown(session, address.label());
  const auto settled = [&shown](const Json* object) { return shown.look(object); };
  co_await wait_until(session, address, deadline.left(), settled);
  co_return shown.finish() ? 0 : 1;
}

}  // namespace berth::cli
