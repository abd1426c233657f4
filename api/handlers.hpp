// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the routes lead to. A handler decodes, does one read or write through resources, and answers. The caller is
// authenticated and allowed, and for resource requests `kind` is set and serves the verb. A Status that a handler
// throws becomes the answer.
#include "api/exchange.hpp"

namespace berth::api {

base::Task<void> handle_health(Exchange& exchange);

base::Task<void> handle_version(Exchange& exchange);
base::Task<void> handle_core_versions(Exchange& exchange);
base::Task<void> handle_groups(Exchange& exchange);
base::Task<void> handle_group(Exchange& exchange);
base::Task<void> handle_group_version(Exchange& exchange);
base::Task<void> handle_openapi_v2(Exchange& exchange);
base::Task<void> handle_openapi_index(Exchange& exchange);
base::Task<void> handle_openapi_group_version(Exchange& exchange);

base::Task<void> handle_get(Exchange& exchange);
base::Task<void> handle_create(Exchange& exchange);
base::Task<void> handle_update(Exchange& exchange);
base::Task<void> handle_patch(Exchange& exchange);
base::Task<void> handle_delete(Exchange& exchange);
base::Task<void> handle_delete_collection(Exchange& exchange);
// Of the kinds that are answered, not stored.
base::Task<void> handle_review(Exchange& exchange);
base::Task<void> handle_token_request(Exchange& exchange);
// What a candidate would change.
base::Task<void> handle_plan(Exchange& exchange);
// Of an object's history.
base::Task<void> handle_revisions(Exchange& exchange);
base::Task<void> handle_revision(Exchange& exchange);
base::Task<void> handle_key_rotation(Exchange& exchange);
// Of a Host; acts on its engine.
base::Task<void> handle_pull_image(Exchange& exchange);
base::Task<void> handle_prune_images(Exchange& exchange);
base::Task<void> handle_adoption_manifest(Exchange& exchange);
base::Task<void> handle_list(Exchange& exchange);
base::Task<void> handle_watch(Exchange& exchange);

}  // namespace berth::api
