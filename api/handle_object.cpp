// SPDX-License-Identifier: Apache-2.0
#include "api/authz.hpp"
#include "api/body_memory.hpp"
#include "api/handlers.hpp"
#include "api/options.hpp"
#include "api/status_json.hpp"

namespace berth::api {
namespace {

using resources::DryRun;
using resources::Written;

ResponseFormat format_for(const Exchange& exchange) {
  return object_format(exchange.header("Accept"), exchange.info.query);
}

resources::Part part_of(const Exchange& exchange) {
  if (exchange.info.shape == Shape::Finalize) return resources::Part::Finalize;
  return exchange.info.shape == Shape::Status ? resources::Part::Status : resources::Part::Main;
}

resources::PatchType patch_type_of(const Exchange& exchange) {
  const std::string type = media_type(exchange.header("Content-Type"));
  if (type == kJsonPatch) return resources::PatchType::Json;
  if (type == kMergePatch) return resources::PatchType::Merge;
  std::string accepted = std::string(kJsonPatch) + ", " + std::string(kMergePatch);
  if (exchange.kind->built_in) {
    if (type == kStrategicPatch) return resources::PatchType::Strategic;
    accepted.append(", ").append(kStrategicPatch);
  }
  refuse_media_type(accepted.append(", ").append(kApplyPatch));
}

// An apply may also create, for which the right to patch is not enough.
std::optional<base::Status> create_refusal(const Exchange& exchange) {
  if (exchange.info.shape != Shape::Object) return std::nullopt;
  RequestInfo create = exchange.info;
  create.verb = Verb::Create;
  return refusal(exchange.services.resources.authorizer(), exchange.caller, create);
}

void refuse_force(const Query& query) {
  if (!query.has("force")) return;
  base::Details details{.group = "meta.k8s.io", .kind = "PatchOptions"};
  details.causes = {{"FieldValueForbidden", "Forbidden: may not be specified for non-apply patch", "force"}};
  throw base::Status(
      base::Reason::Invalid,
      "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch",
      std::move(details));
}

base::Task<void> answer_read(Exchange& exchange, int status, ResponseFormat format, resources::Object object) {
  co_await exchange.note_read();
  co_await exchange.respond_object(status, std::move(format), std::move(object));
}

// What is committed has its own record; anything else only shows the object, and so is a read.
base::Task<void> answer(Exchange& exchange, int status, ResponseFormat format, Written written, DryRun dry_run) {
  exchange.warnings = std::move(written.warnings);
  const bool reads = dry_run == DryRun::All || written.outcome == Written::Outcome::Unchanged;
  if (reads) return answer_read(exchange, status, std::move(format), std::move(written.object));
  return exchange.respond_object(status, std::move(format), std::move(written.object));
}

// What a refusal says of the present object, a test that failed or a value that another manager has, is a read, too.
base::Task<Written> on_record(Exchange& exchange, base::Task<Written> write) {
  std::optional<base::Status> refused;
  try {
    co_return co_await std::move(write);
  } catch (const base::Status& status) {
    refused = status;
  }
  const bool tells = refused->reason() == base::Reason::Invalid || refused->reason() == base::Reason::Conflict;
  if (tells) co_await exchange.note_read();
  throw *refused;
}

base::Task<void> handle_apply(Exchange& exchange) {
  ResponseFormat format = format_for(exchange);
  const RequestInfo& info = exchange.info;
  resources::ApplyOptions options = read_apply_options(info.query);
  options.create_refusal = create_refusal(exchange);
  const DryRun dry_run = options.write.dry_run;
  resources::Body configuration = decode_configuration(exchange.request);
  auto write = exchange.services.resources.apply(exchange.caller, *exchange.kind, info.ns, info.name, part_of(exchange),
                                                 std::move(configuration), std::move(options));
  Written written = co_await on_record(exchange, std::move(write));
  const int code = written.outcome == Written::Outcome::Created ? 201 : 200;
  co_await answer(exchange, code, std::move(format), std::move(written), dry_run);
}

}  // namespace

base::Task<void> handle_get(Exchange& exchange) {
  ResponseFormat format = format_for(exchange);
  const RequestInfo& info = exchange.info;
  // What is read through is not of the store's revisions, and a record never changes.
  const std::string version(info.query.get("resourceVersion"));
  if (!version.empty() && !exchange.kind->read_through) {
    co_await exchange.services.resources.reach(version);
  }
  resources::Object object = exchange.services.resources.get(*exchange.kind, info.ns, info.name);
  co_await exchange.respond_object(200, std::move(format), std::move(object));
}

base::Task<void> handle_create(Exchange& exchange) {
  if (exchange.kind->answered) co_return co_await handle_review(exchange);
  ResponseFormat format = format_for(exchange);
  auto options = read_write_options(exchange.info.query, exchange.header("User-Agent"), "CreateOptions");
  const DryRun dry_run = options.dry_run;
  // The body's tree is one block of memory, and goes as one, when the create has written it out.
  boost::json::monotonic_resource arena(kBodyBlockBytes, body_memory());
  resources::Body body = decode_body(exchange.request, &arena);
  std::string().swap(exchange.request.body);  // the next request's, not kept while the disk works
  Written written = co_await exchange.services.resources.create(exchange.caller, *exchange.kind, exchange.info.ns,
                                                                std::move(body), std::move(options));
  co_await answer(exchange, 201, std::move(format), std::move(written), dry_run);
}

base::Task<void> handle_update(Exchange& exchange) {
  ResponseFormat format = format_for(exchange);
  const RequestInfo& info = exchange.info;
  auto options = read_write_options(info.query, exchange.header("User-Agent"), "UpdateOptions");
  const DryRun dry_run = options.dry_run;
  resources::Body body = decode_body(exchange.request);
  auto write = exchange.services.resources.update(exchange.caller, *exchange.kind, info.ns, info.name,
                                                  part_of(exchange), std::move(body), std::move(options));
  Written written = co_await on_record(exchange, std::move(write));
  const int code = written.outcome == Written::Outcome::Created ? 201 : 200;
  co_await answer(exchange, code, std::move(format), std::move(written), dry_run);
}

base::Task<void> handle_patch(Exchange& exchange) {
  if (media_type(exchange.header("Content-Type")) == kApplyPatch) co_return co_await handle_apply(exchange);
  // Before anything else: clients choose another kind of patch by this answer.
  const resources::PatchType type = patch_type_of(exchange);
  ResponseFormat format = format_for(exchange);
  const RequestInfo& info = exchange.info;
  refuse_force(info.query);
  auto options = read_write_options(info.query, exchange.header("User-Agent"), "PatchOptions");
  const DryRun dry_run = options.dry_run;
  resources::Body patch = base::parse_json_reporting(exchange.request.body);
  auto write = exchange.services.resources.patch(exchange.caller, *exchange.kind, info.ns, info.name, part_of(exchange),
                                                 type, std::move(patch), std::move(options));
  Written written = co_await on_record(exchange, std::move(write));
  co_await answer(exchange, 200, std::move(format), std::move(written), dry_run);
}

base::Task<void> handle_delete(Exchange& exchange) {
  ResponseFormat format = format_for(exchange);
  const RequestInfo& info = exchange.info;
  auto options = read_delete_options(exchange.request, info.query);
  const DryRun dry_run = options.dry_run;
  Written written = co_await exchange.services.resources.remove(exchange.caller, *exchange.kind, info.ns, info.name,
                                                                std::move(options));
  if (written.outcome != Written::Outcome::Deleted) {
    co_return co_await answer(exchange, 200, std::move(format), std::move(written), dry_run);
  }
  const base::Json object = written.object.parse();
  exchange.warnings = std::move(written.warnings);
  std::string body = deleted_json(*exchange.kind, info.name, base::string_at(object, "metadata.uid"));
  co_await exchange.respond_json(200, std::move(body));
}

}  // namespace berth::api
