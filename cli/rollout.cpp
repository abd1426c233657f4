// SPDX-License-Identifier: Apache-2.0
// rollout status, history, undo
#include <algorithm>
#include <ostream>

#include "base/http.hpp"
#include "base/status.hpp"
#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/table_printer.hpp"
#include "cli/wait_for.hpp"
#include "cli/workload.hpp"

namespace berth::cli {
namespace {

using base::JsonArray;
using base::JsonObject;

constexpr std::chrono::hours kForEver{24 * 365};

Task<std::vector<Address>> addresses_of(Session& session, const RolloutOptions& options) {
  const std::vector<Target> targets = read_workloads(session.discovery, options.words);
  co_return co_await find_addresses(session, targets, false, false, "");
}

std::string revisions_path(const Address& address) { return address.path() + "/revisions"; }

std::string named_containers(const Json& stack) {
  std::string names;
  const Json* services = base::find_path(stack, "status.services");
  if (services == nullptr || !services->is_array()) return names;
  for (const Json& service : services->get_array()) {
    const Json* containers = base::find_path(service, "containers");
    if (containers == nullptr || !containers->is_array()) continue;
    for (const Json& name : containers->get_array()) {
      names += (names.empty() ? "; those of this are " : ", ") + std::string(name.as_string());
    }
  }
  return names;
}

void check_number(const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789") == std::string::npos) return;
  throw base::bad_request("a revision is a number, as berth rollout history shows them; found \"" + text + "\"");
}

// Containers have revisions. Of a stack the containers are named that have.
Task<std::vector<Address>> containers_of(Session& session, const RolloutOptions& options) {
  std::vector<Address> addresses = co_await addresses_of(session, options);
  for (const Address& address : addresses) {
    if (address.resource->kind == "Container" && address.resource->group == "berth.dev") continue;
    const Reply object = co_await session.client.get(address.path());
    throw base::bad_request(address.label() + ": only a Container has revisions" + named_containers(object.body));
  }
  co_return addresses;
}

Task<void> show_revision(Session& session, const Address& address, const RolloutOptions& options) {
  const std::string path = revisions_path(address) + "/" + options.revision;
  const Reply reply = co_await session.client.get(path);
  print_value(session.out, reply.body, options.output.empty() ? "yaml" : options.output);
}

Task<void> show_history(Session& session, const Address& address, const RolloutOptions& options) {
  if (!options.output.empty()) {
    const Reply reply = co_await session.client.get(revisions_path(address));
    print_value(session.out, reply.body, options.output);
    co_return;
  }
  const Reply reply = co_await session.client.get(revisions_path(address), std::string(kTableAccept));
  session.out << lay_out(table_rows(reply.body.at("columnDefinitions"), reply.body, {}));
}

}  // namespace

const Json& choose_revision(const JsonArray& revisions, const std::string& number) {
  std::string known;
  for (const Json& each : revisions) {
    known += (known.empty() ? "" : ", ") + std::to_string(base::int_at(each, "revision"));
  }
  if (!number.empty()) {
    const auto named = std::ranges::find_if(
        revisions, [&](const Json& each) { return std::to_string(base::int_at(each, "revision")) == number; });
    if (named != revisions.end()) return *named;
    throw base::bad_request("there is no revision " + number + "; there are " + known);
  }
  const Json* present = base::find_path(revisions.back(), "spec");
  bool others = false;
  for (auto each = revisions.rbegin(); each != revisions.rend(); ++each) {
    const Json* spec = base::find_path(*each, "spec");
    if (spec == nullptr || present == nullptr || base::json_equal(*spec, *present)) continue;
    if (base::bool_at(*each, "ran", true)) return *each;  // not on record for what was never to run
    others = true;
  }
  throw base::bad_request(others ? "no earlier revision was ever Ready; --to-revision takes any: there are " + known
                                 : "there is no earlier revision to go back to; there are " + known);
}

Json restored_spec(const Json& object, const Json& revision) {
  Json spec = revision.at("spec");
  for (const char* member : {"desiredState", "suspend"}) {
    const Json* kept = base::find_path(object, std::string("spec.") + member);
    if (kept != nullptr) spec.as_object()[member] = *kept;
  }
  return spec;
}

Task<int> run_rollout_status(Session& session, RolloutOptions options) {
  const auto asked = parse_timeout(options.timeout);
  const auto limit = asked.count() == 0 ? std::chrono::milliseconds(kForEver) : asked;
  const std::vector<Address> addresses = co_await addresses_of(session, options);
  std::vector<Awaited> waited;
  for (const Address& address : addresses) waited.push_back({address});
  const bool ready = co_await wait_ready(session, std::move(waited), limit);
  co_return ready ? 0 : 1;
}

Task<int> run_rollout_history(Session& session, RolloutOptions options) {
  check_number(options.revision);
  const std::vector<Address> addresses = co_await containers_of(session, options);
  for (const Address& address : addresses) {
    if (addresses.size() > 1 && options.output.empty()) session.out << address.label() << "\n";
    if (options.revision.empty()) {
      co_await show_history(session, address, options);
    } else {
      co_await show_revision(session, address, options);
    }
  }
  co_return 0;
}

namespace {

// What somebody changes in a field that a stack's file gives is changed back.
void warn_of_stack(Session& session, const Address& address, const Json& object) {
  const Json* owners = base::find_path(object, "metadata.ownerReferences");
  if (owners == nullptr || !owners->is_array()) return;
  for (const Json& owner : owners->get_array()) {
    if (!base::bool_at(owner, "controller") || base::string_at(owner, "kind") != "ComposeStack") continue;
    session.err << "Warning: " << address.label() << " belongs to ComposeStack \"" << base::string_at(owner, "name")
                << "\", which goes by its file: what the file gives is as it says again soon\n";
  }
}

}  // namespace

Task<int> run_rollout_undo(Session& session, RolloutOptions options) {
  check_number(options.revision);
  const std::vector<Address> addresses = co_await containers_of(session, options);
  for (const Address& address : addresses) {
    const Reply object = co_await session.client.get(address.path());
    const Reply history = co_await session.client.get(revisions_path(address));
    const Json& wanted = choose_revision(history.body.at("items").as_array(), options.revision);
    warn_of_stack(session, address, object.body);
    // Of the very spec that was looked at: another one that came meanwhile is not undone.
    const JsonArray patch{
        JsonObject{{"op", "test"},
                   {"path", "/metadata/generation"},
                   {"value", base::int_at(object.body, "metadata.generation")}},
        JsonObject{{"op", "replace"}, {"path", "/spec"}, {"value", restored_spec(object.body, wanted)}}};
    const std::string path =
        address.path() + query_of({{"fieldManager", "berth-rollout"}, {"dryRun", options.result.dry_parameter()}});
    std::string body = base::to_canonical(patch);
    const Reply reply = co_await session.client.send("PATCH", path, "application/json-patch+json", std::move(body));
    print_warnings(session, reply);
    const bool same = base::json_equal(object.body, reply.body);
    const std::string word = "rolled back to revision " + std::to_string(base::int_at(wanted, "revision"));
    print_result(
        session, address, reply.body,
        same ? "skipped rollback (it is revision " + std::to_string(base::int_at(wanted, "revision")) + " already)"
             : word,
        options.result);
  }
  co_return 0;
}

}  // namespace berth::cli
