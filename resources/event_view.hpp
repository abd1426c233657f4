// SPDX-License-Identifier: Apache-2.0
#pragma once
// events.k8s.io/v1 is the Events of core under other names: one store, read and written through either.
#include <memory>

#include "resources/request/request.hpp"

namespace berth::resources {

// Whether the kind is the other view of core's Event.
bool is_event_view(const Kind& kind);
const Kind& core_event();

// From the view to what is stored, and back. Members of other names stay as they are.
Json stored_event(Json view);
Json shown_event(Json stored);

Body stored_event(Body body);
Body stored_event_patch(PatchType type, Body patch);
ListOptions stored_event(ListOptions options);
WatchOptions stored_event(WatchOptions options);
Object shown_event(const Object& stored);
Written shown_event(Written stored);
Task<Written> shown_event(Task<Written> stored);
Task<ListPage> shown_event(Task<ListPage> stored);
std::unique_ptr<ObjectWatch> shown_event(std::unique_ptr<ObjectWatch> stored);

}  // namespace berth::resources
