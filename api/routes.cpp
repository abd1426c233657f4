// SPDX-License-Identifier: Apache-2.0
#include "api/routes.hpp"

#include <algorithm>

#include "base/status.hpp"

namespace berth::api {
namespace {

constexpr Route kRoutes[] = {
    {Shape::Health, Verb::Get, Access::Anyone, Lane::Free, handle_health},
    {Shape::Health, Verb::Head, Access::Anyone, Lane::Free, handle_health},
    {Shape::Version, Verb::Get, Access::Allowed, Lane::Read, handle_version},
    {Shape::CoreVersions, Verb::Get, Access::Allowed, Lane::Read, handle_core_versions},
    {Shape::Groups, Verb::Get, Access::Allowed, Lane::Read, handle_groups},
    {Shape::Group, Verb::Get, Access::Allowed, Lane::Read, handle_group},
    {Shape::GroupVersion, Verb::Get, Access::Allowed, Lane::Read, handle_group_version},
    {Shape::OpenapiV2, Verb::Get, Access::Allowed, Lane::Read, handle_openapi_v2},
    {Shape::OpenapiIndex, Verb::Get, Access::Allowed, Lane::Read, handle_openapi_index},
    {Shape::OpenapiGroupVersion, Verb::Get, Access::Allowed, Lane::Read, handle_openapi_group_version},
    {Shape::Collection, Verb::List, Access::Allowed, Lane::Read, handle_list},
    {Shape::Collection, Verb::Watch, Access::Allowed, Lane::Free, handle_watch},
    {Shape::Collection, Verb::Create, Access::Allowed, Lane::Write, handle_create},
    {Shape::Collection, Verb::DeleteCollection, Access::Allowed, Lane::Write, handle_delete_collection},
    {Shape::Object, Verb::Get, Access::Allowed, Lane::Read, handle_get},
    {Shape::Object, Verb::Watch, Access::Allowed, Lane::Free, handle_watch},
    {Shape::Object, Verb::Create, Access::Allowed, Lane::Write, handle_create},
    {Shape::Object, Verb::Update, Access::Allowed, Lane::Write, handle_update},
    {Shape::Object, Verb::Patch, Access::Allowed, Lane::Write, handle_patch},
    {Shape::Object, Verb::Delete, Access::Allowed, Lane::Write, handle_delete},
    {Shape::Status, Verb::Get, Access::Allowed, Lane::Read, handle_get},
    {Shape::Status, Verb::Update, Access::Allowed, Lane::Write, handle_update},
    {Shape::Status, Verb::Patch, Access::Allowed, Lane::Write, handle_patch},
    {Shape::Token, Verb::Create, Access::Allowed, Lane::Write, handle_token_request},
    {Shape::Finalize, Verb::Update, Access::Allowed, Lane::Write, handle_update},
    {Shape::Plan, Verb::Create, Access::Allowed, Lane::Write, handle_plan},
    {Shape::Revisions, Verb::Get, Access::Allowed, Lane::Read, handle_revisions},
    {Shape::Revision, Verb::Get, Access::Allowed, Lane::Read, handle_revision},
    {Shape::KeyRotation, Verb::Create, Access::Allowed, Lane::Write, handle_key_rotation},
    {Shape::HostImages, Verb::Pull, Access::Allowed, Lane::Free, handle_pull_image},
    {Shape::HostImages, Verb::Prune, Access::Allowed, Lane::Write, handle_prune_images},
    {Shape::HostContainers, Verb::Adopt, Access::Allowed, Lane::Write, handle_adoption_manifest},
};

[[noreturn]] void refuse_method() {
  throw base::Status(base::Reason::MethodNotAllowed, "the server does not allow this method on the requested resource");
}

[[noreturn]] void refuse_path() {
  throw base::Status(base::Reason::NotFound, "the server could not find the requested resource");
}

// A subresource's body is of a kind of its own.
const schemas::Kind& body_of_subresource(const schemas::Kind& kind, const RequestInfo& info) {
  for (const schemas::Subresource& subresource : kind.subresources) {
    if (subresource.name != info.subresource) continue;
    if (std::ranges::find(subresource.verbs, to_string(info.verb)) == subresource.verbs.end()) refuse_method();
    return schemas::Catalog::instance().by_name(subresource.kind);
  }
  refuse_path();
}

bool serves(const schemas::Kind& kind, const RequestInfo& info) {
  // A status is read and written, whatever discovery says of the main resource.
  if (info.shape == Shape::Status) return true;
  return std::ranges::find(kind.verbs, to_string(info.verb)) != kind.verbs.end();
}

}  // namespace

const Route* find_route(Shape shape, Verb verb) {
  const auto* found = std::ranges::find_if(
      kRoutes, [shape, verb](const Route& route) { return route.shape == shape && route.verb == verb; });
  return found == std::ranges::end(kRoutes) ? nullptr : found;
}

bool is_known_place(const RequestInfo& info) {
  if (info.group.empty()) return info.shape != Shape::Unknown || !info.version.empty();
  return std::ranges::any_of(schemas::Catalog::instance().kinds(),
                             [&info](const schemas::Kind& kind) { return kind.group == info.group; });
}

void refuse_route(const RequestInfo& info) {
  if (info.shape == Shape::Unknown) refuse_path();
  if (info.is_resource()) resolve_kind(info);
  refuse_method();
}

const schemas::Kind& resolve_kind(const RequestInfo& info) {
  if (info.shape == Shape::HostImages || info.shape == Shape::HostContainers)
    return schemas::Catalog::instance().by_name("Host");
  const schemas::Kind* kind = schemas::Catalog::instance().find(info.group, info.version, info.resource);
  if (kind == nullptr || (!kind->namespaced && !info.ns.empty())) refuse_path();
  const bool everywhere = kind->namespaced && info.ns.empty();
  if (everywhere && info.shape != Shape::Collection) refuse_path();
  if (info.shape == Shape::Status && !kind->has_status) refuse_path();
  if (info.shape == Shape::Collection && (info.verb == Verb::Update || info.verb == Verb::Patch)) {
    throw base::bad_request("name must be provided");
  }
  // Upstream creates custom resources there, by the name that the body has, and refuses to for its own kinds.
  if (info.shape == Shape::Object && info.verb == Verb::Create && kind->built_in) refuse_method();
  if (everywhere && info.verb != Verb::List && info.verb != Verb::Watch) refuse_method();
  const bool of_another_kind = info.shape == Shape::Token || info.shape == Shape::Finalize ||
                               info.shape == Shape::Plan || info.shape == Shape::Revisions ||
                               info.shape == Shape::Revision;
  if (of_another_kind) return body_of_subresource(*kind, info);
  if (!serves(*kind, info)) refuse_method();
  return *kind;
}

}  // namespace berth::api
