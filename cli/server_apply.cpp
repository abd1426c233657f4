// SPDX-License-Identifier: Apache-2.0
#include "cli/server_apply.hpp"

#include <algorithm>
#include <ostream>

#include "base/status.hpp"
#include "cli/csa_upgrade.hpp"

namespace berth::cli {
namespace {

constexpr int kConflictRetries = 5;

constexpr std::string_view kAdvice =
    "\nThe fields above have other managers. You can:\n"
    "* take them over: run the command again with --force-conflicts;\n"
    "* leave them: remove them from your manifest;\n"
    "* share them: write their present values into your manifest.\n"
    "See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts";

Task<std::optional<Json>> find_live(Session& session, std::string path) {
  try {
    Reply reply = co_await session.client.get(std::move(path));
    co_return std::move(reply.body);
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::NotFound) throw;
  }
  co_return std::nullopt;
}

bool is_field_conflict(const base::Status& status) {
  const auto& causes = status.details().causes;
  return status.reason() == base::Reason::Conflict &&
         std::any_of(causes.begin(), causes.end(),
                     [](const base::Cause& cause) { return cause.reason == "FieldManagerConflict"; });
}

// True when every conflict is with a manager of client-side apply, whose fields the real apply takes over first.
bool only_with(const base::Status& status, const std::vector<std::string>& managers) {
  const auto& causes = status.details().causes;
  return !managers.empty() && std::all_of(causes.begin(), causes.end(), [&](const base::Cause& cause) {
    return std::any_of(managers.begin(), managers.end(), [&](const std::string& manager) {
      return cause.message.starts_with("conflict with \"" + manager + "\"");
    });
  });
}

Task<Reply> send_apply(Session& session, Address address, std::string body, ApplyMode mode) {
  const std::string path = address.path() + query_of({{"fieldManager", mode.manager},
                                                      {"fieldValidation", "Strict"},
                                                      {"force", mode.conflicts == Conflicts::Force ? "true" : "false"},
                                                      {"dryRun", mode.writing == Writing::DryRun ? "All" : ""}});
  co_return co_await session.client.send("PATCH", path, "application/apply-patch+yaml", std::move(body));
}

// The object after its managers were moved; a Conflict when somebody wrote it in between.
Task<Json> move_managers(Session& session, Address address, base::JsonArray managers, Json live) {
  const Json patch = base::JsonArray{
      {{"op", "replace"}, {"path", "/metadata/managedFields"}, {"value", std::move(managers)}},
      {{"op", "replace"}, {"path", "/metadata/resourceVersion"}, {"value", live.at("metadata").at("resourceVersion")}}};
  const Reply reply = co_await session.client.send("PATCH", address.path() + query_of({{"fieldManager", "berth"}}),
                                                   "application/json-patch+json", base::to_canonical(patch));
  co_return reply.body;
}

// A failure is a warning: the apply itself says what does not work.
Task<std::optional<Json>> migrate(Session& session, Address address, std::optional<Json> live, std::string manager) {
  for (int tries = 1; live; ++tries) {
    auto managers = upgrade_managers(*live, manager);
    if (!managers) break;
    bool raced = false;
    try {
      co_return co_await move_managers(session, address, std::move(*managers), *live);
    } catch (const base::Status& status) {
      raced = status.reason() == base::Reason::Conflict && tries < kConflictRetries;
      if (!raced) {
        session.err << "Warning: " << address.label()
                    << ": what client-side apply had set could not be taken over; the next apply tries again: "
                    << error_line(status) << "\n";
      }
    }
    if (!raced) break;
    live = co_await find_live(session, address.path());
  }
  co_return live;
}

// What a write changes by itself says nothing about the content.
Json content_of(Json object) {
  if (Json* metadata = base::find_path(object, "metadata"); metadata != nullptr && metadata->is_object()) {
    for (const char* key : {"managedFields", "resourceVersion", "generation"}) metadata->get_object().erase(key);
  }
  return object;
}

std::string word_of(const Reply& reply, const std::optional<Json>& before, const ApplyMode& mode) {
  if (!before || reply.status == 201) return "created";
  const bool same = mode.writing == Writing::DryRun ? base::json_equal(content_of(*before), content_of(reply.body))
                                                    : base::string_at(*before, "metadata.resourceVersion") ==
                                                          base::string_at(reply.body, "metadata.resourceVersion");
  return same ? "unchanged" : "configured";
}

}  // namespace

Json placed(const Manifest& manifest, const Address& address) {
  Json wanted = manifest.object;
  if (address.resource->namespaced) base::make_path(wanted, "metadata")["namespace"] = address.ns;
  return wanted;
}

Task<Applied> apply_object(Session& session, Address address, Json wanted, ApplyMode mode) {
  const std::string body = base::to_canonical(wanted);
  std::optional<Json> before = co_await find_live(session, address.path());
  std::vector<std::string> replaced;
  if (mode.writing == Writing::Real) {
    auto migrated = migrate(session, address, before, mode.manager);
    (void)co_await std::move(migrated);
  } else if (before) {
    replaced = client_side_managers(*before);
  }
  std::optional<base::Status> conflict;
  try {
    Reply reply = co_await send_apply(session, address, body, mode);
    print_warnings(session, reply);
    std::string word = word_of(reply, before, mode);
    co_return Applied{std::move(before), std::move(reply.body), std::move(word)};
  } catch (const base::Status& status) {
    if (!is_field_conflict(status)) throw;
    conflict = status;
  }
  if (!only_with(*conflict, replaced)) throw base::bad_request(conflict->message() + std::string(kAdvice));
  mode.conflicts = Conflicts::Force;
  Reply reply = co_await send_apply(session, address, body, mode);
  std::string word = word_of(reply, before, mode);
  co_return Applied{std::move(before), std::move(reply.body), std::move(word)};
}

}  // namespace berth::cli
