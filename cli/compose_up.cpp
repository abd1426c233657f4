// SPDX-License-Identifier: Apache-2.0
// compose up, down
#include <algorithm>
#include <ostream>
#include <set>

#include "base/status.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/duration.hpp"
#include "cli/printable.hpp"
#include "cli/wait_for.hpp"

namespace berth::cli {
namespace {

// "1/2 ready" by service.
std::map<std::string, std::string> counts_of(const Json& stack) {
  std::map<std::string, std::string> counts;
  const Json* services = base::find_path(stack, "status.services");
  if (services == nullptr || !services->is_array()) return counts;
  for (const Json& service : services->get_array()) {
    counts[std::string(base::string_at(service, "name"))] = std::to_string(base::int_at(service, "ready")) + "/" +
                                                            std::to_string(base::int_at(service, "desired")) + " ready";
  }
  return counts;
}

// Shows each service, and what the stack waits for, as they change.
class Shown {
 public:
  explicit Shown(Session& session, std::string label) : session_(session), label_(std::move(label)) {}

  // True when the stack is Ready, Stalled, or gone.
  bool look(const Json* object) {
    if (object == nullptr) {
      seen_ = {Progress::State::Failed, "it was deleted"};
      return true;
    }
    const Json& stack = *object;
    seen_ = progress_of(stack);
    if (seen_.state == Progress::State::Stale) return false;
    for (const std::string& line : service_lines(before_, stack)) session_.out << line << "\n";
    before_ = stack;
    // What goes back and forth, as a pull that is tried again does, is said once.
    for (const std::string& part : waiting_parts(seen_.reason)) {
      if (seen_.state == Progress::State::Waiting && said_.insert(part).second) session_.out << part << "\n";
    }
    session_.out.flush();
    return seen_.state != Progress::State::Waiting;
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
  Json before_;
  Progress seen_;
  std::set<std::string> said_;
};

// A stack of that name that is being deleted is waited for: what is declared is another one.
Task<DeclaredStack> declare_successor(Session& session, ComposeFlags flags, std::chrono::milliseconds limit) {
  DeclaredStack stack = co_await declare_stack(session, flags);
  if (!stack.live || base::string_at(*stack.live, "metadata.deletionTimestamp").empty()) co_return stack;
  session.out << stack.address.label() << ": waiting for the one before it to be gone\n";
  session.out.flush();
  const std::string uid(base::string_at(*stack.live, "metadata.uid"));
  const bool gone = co_await wait_until(session, stack.address, limit, [uid](const Json* object) {
    return object == nullptr || base::string_at(*object, "metadata.uid") != uid;
  });
  if (!gone) throw base::timeout("timed out waiting for the deletion of " + stack.address.label());
  co_return co_await declare_stack(session, std::move(flags));
}

// What was stopped runs again. Not part of the apply, so that who stopped it is no conflict.
Task<void> run_again(Session& session, const Address& address) {
  std::string body = R"({"spec":{"desiredState":"Running"}})";
  const std::string path = address.path() + query_of({{"fieldManager", kComposeManager}});
  (void)co_await session.client.send("PATCH", path, "application/merge-patch+json", std::move(body));
}

}  // namespace

std::vector<std::string> service_lines(const Json& before, const Json& now) {
  const auto earlier = counts_of(before);
  std::vector<std::string> lines;
  for (const auto& [name, count] : counts_of(now)) {
    const auto found = earlier.find(name);
    if (found == earlier.end() || found->second != count) lines.push_back("service " + printable(name) + ": " + count);
  }
  return lines;
}

std::vector<std::string> waiting_parts(std::string_view reason) {
  constexpr std::string_view kProgressing = "Progressing: ";
  constexpr std::string_view kSeparator = "; ";
  if (reason.starts_with(kProgressing)) reason.remove_prefix(kProgressing.size());
  std::vector<std::string> parts;
  while (!reason.empty()) {
    const std::size_t end = std::min(reason.find(kSeparator), reason.size());
    parts.emplace_back(reason.substr(0, end));
    reason.remove_prefix(std::min(end + kSeparator.size(), reason.size()));
  }
  return parts;
}

Task<int> run_compose_up(Session& session, ComposeOptions options) {
  const auto limit = parse_timeout(options.timeout);
  const DeclaredStack stack = co_await declare_successor(session, options.flags, limit);
  Applied applied;
  try {
    const ApplyMode mode{.conflicts = options.conflicts, .manager = kComposeManager};
    Json wanted = stack.wanted;
    applied = co_await apply_object(session, stack.address, std::move(wanted), mode);
  } catch (const base::Status& status) {
    throw stack_error(status, stack.files);
  }
  print_result(session, stack.address, applied.after, applied.word, {});
  if (base::string_at(applied.after, "spec.desiredState") != "Running") co_await run_again(session, stack.address);
  if (!options.wait) co_return 0;
  Shown shown(session, stack.address.label());
  const auto settled = [&shown](const Json* object) { return shown.look(object); };
  co_await wait_until(session, stack.address, limit, settled);
  co_return shown.finish() ? 0 : 1;
}

Task<int> run_compose_down(Session& session, ComposeOptions options) {
  const Address address = stack_address(session, stack_name(options.flags, session.ns));
  const std::optional<Json> live = co_await find_stack(session, address);
  if (!live) {
    session.err << "Warning: there is no stack \"" << address.name << "\" in namespace " << address.ns << "\n";
    co_return 0;
  }
  DeleteOptions doomed;
  doomed.words = {address.resource->qualified() + "/" + address.name};
  doomed.wait = options.wait;
  doomed.timeout = options.timeout;
  co_return co_await run_delete(session, std::move(doomed));
}

}  // namespace berth::cli
