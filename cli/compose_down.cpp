// SPDX-License-Identifier: Apache-2.0
// compose down
#include <algorithm>
#include <ostream>

#include "base/status.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/duration.hpp"
#include "cli/wait_for.hpp"

namespace berth::cli {
namespace {

std::string uid_of(const Json& object) { return std::string(base::string_at(object, "metadata.uid")); }

Address volume_address(const Session& session, const Json& volume) {
  return {&session.discovery.find("volumes.berth.dev"), session.ns,
          std::string(base::string_at(volume, "metadata.name"))};
}

Task<StackVolumes> list_volumes(Session& session, Json stack) {
  const Reply list = co_await session.client.get(session.discovery.find("volumes.berth.dev").path(session.ns));
  co_return volumes_of(stack, list.body.at("items").as_array());
}

Task<Json> set_policy(Session& session, Address address, std::string uid, const char* policy) {
  const Json merge{{"metadata", {{"uid", uid}}}, {"spec", {{"deletionPolicy", policy}}}};
  const std::string path = address.path() + query_of({{"fieldManager", kComposeManager}});
  Reply reply = co_await session.client.send("PATCH", path, "application/merge-patch+json", base::to_canonical(merge));
  co_return std::move(reply.body);
}

// False when the Volume is going already, or gone: with the policy that it had.
Task<bool> mark(Session& session, Address address, std::string uid) {
  try {
    const Json now = co_await set_policy(session, address, uid, "Delete");
    co_return base::string_at(now, "metadata.deletionTimestamp").empty();
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::NotFound && status.reason() != base::Reason::Conflict) throw;
  }
  co_return false;
}

Task<bool> wait_gone(Session& session, Address address, std::string uid, Deadline deadline) {
  const bool gone = co_await wait_until(session, address, deadline.left(), [uid](const Json* object) {
    return object == nullptr || uid_of(*object) != uid;
  });
  if (!gone) session.err << "error: timed out waiting for the deletion of " << address.label() << "\n";
  co_return gone;
}

Task<void> remove(Session& session, Address address, std::string uid) {
  const Json body{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"preconditions", {{"uid", uid}}}};
  (void)co_await session.client.send("DELETE", address.path(), "application/json", base::to_canonical(body));
}

// A Volume that went before it was marked has left its data: another of that name takes the data over, and along. Gives
// the uid of that one.
Task<std::string> take_along(Session& session, Address address, Json volume) {
  Json spec = volume.at("spec");
  spec.as_object()["deletionPolicy"] = "Delete";
  const Json next{{"apiVersion", address.resource->api_version()},
                  {"kind", address.resource->kind},
                  {"metadata", {{"name", address.name}, {"namespace", address.ns}}},
                  {"spec", std::move(spec)}};
  const std::string path = address.resource->path(address.ns) + query_of({{"fieldManager", kComposeManager}});
  const Reply made = co_await session.client.send("POST", path, "application/json", base::to_canonical(next));
  std::string uid = uid_of(made.body);
  std::exception_ptr error;
  try {
    co_await remove(session, address, uid);
  } catch (const base::Status&) {
    error = std::current_exception();
  }
  if (!error) co_return uid;
  (void)co_await set_policy(session, address, uid, "Orphan");
  std::rethrow_exception(error);
}

// The uid of the Volume that goes with its data.
Task<std::string> let_go(Session& session, Address address, Json volume, Deadline deadline) {
  std::string uid = uid_of(volume);
  const bool marked = co_await mark(session, address, uid);
  if (marked) co_return uid;
  const bool gone = co_await wait_gone(session, address, uid, deadline);
  if (!gone) throw base::timeout("it went before it was marked, and is not gone");
  co_return co_await take_along(session, std::move(address), std::move(volume));
}

// Of a stack that is Terminating: before that, whatever kept its deletion from the server would leave it with Volumes
// that its next end destroys.
Task<int> let_volumes_go(Session& session, StackVolumes volumes, std::vector<std::pair<Address, std::string>>& going,
                         Deadline deadline) {
  int code = 0;
  for (const Json& volume : volumes.going) {
    const Address address = volume_address(session, volume);
    try {
      std::string uid = co_await let_go(session, address, volume, deadline);
      going.emplace_back(address, std::move(uid));
    } catch (const base::Status& status) {
      session.err << address.label() << " stays with its data: " << error_line(status) << "\n";
      code = 1;
    }
  }
  for (const std::string& name : volumes.kept) {
    session.out << "volume.berth.dev/" << name << " let go of: its data was there before the stack, and stays\n";
  }
  co_return code;
}

}  // namespace

StackVolumes volumes_of(const Json& stack, const base::JsonArray& volumes) {
  StackVolumes found;
  for (const Json& volume : volumes) {
    if (!belongs_to(volume, stack)) continue;
    if (base::bool_at(volume, "status.external")) {
      found.kept.emplace_back(base::string_at(volume, "metadata.name"));
    } else {
      found.going.push_back(volume);
    }
  }
  return found;
}

Task<int> run_compose_down(Session& session, ComposeOptions options) {
  const Address address = stack_address(session, stack_name(options.flags, session.ns));
  const Deadline deadline(base::real_clock(), parse_timeout(options.timeout));
  const std::optional<Json> live = co_await find_stack(session, address);
  if (!live) {
    session.err << "Warning: there is no stack \"" << address.name << "\" in namespace " << address.ns
                << (options.volumes ? "; what volumes it has left, docker volume ls shows on its host" : "") << "\n";
    co_return 0;
  }
  StackVolumes volumes;
  if (options.volumes) volumes = co_await list_volumes(session, *live);
  DeleteOptions doomed;
  doomed.words = {address.resource->qualified() + "/" + address.name};
  doomed.wait = false;
  const int refused = co_await run_delete(session, std::move(doomed));
  if (refused != 0) co_return refused;
  std::vector<std::pair<Address, std::string>> going;
  int code = co_await let_volumes_go(session, std::move(volumes), going, deadline);
  bool waits = options.wait;
  if (waits) waits = co_await wait_gone(session, address, uid_of(*live), deadline);
  for (const auto& [volume, uid] : going) {
    bool gone = false;
    if (waits) gone = co_await wait_gone(session, volume, uid, deadline);
    if (options.wait && !gone) code = 1;
    session.out << volume.label() << (gone ? " deleted with its data\n" : " goes with its data\n");
  }
  if (options.wait && !waits) code = 1;
  co_return code;
}

}  // namespace berth::cli
