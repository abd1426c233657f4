// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one table of routes.
#include "api/handlers.hpp"

namespace berth::api {

// Who may call a route.
enum class Access {
  Anyone,   // without credentials
  Allowed,  // whoever authorization allows this verb on this resource or path
};

// Which bound on requests in flight a route counts against.
enum class Lane { Free, Read, Write };

using Handler = base::Task<void> (*)(Exchange&);

struct Route {
  // No default for any of them: a row without its access rule does not compile.
  consteval Route(Shape of_shape, Verb of_verb, Access of_access, Lane of_lane, Handler of_handler)
      : shape(of_shape), verb(of_verb), access(of_access), lane(of_lane), handler(of_handler) {}

  Shape shape;
  Verb verb;
  Access access;
  Lane lane;
  Handler handler;
};

// nullptr when there is none.
const Route* find_route(Shape shape, Verb verb);

// Whether the path leads into a group of ours, or to one of the few pages beside them; elsewhere a Status would claim
// an API that is not there.
bool is_known_place(const RequestInfo& info);

// Throws what there is to say when there is no route: NotFound, MethodNotAllowed, or BadRequest for a write that
// names no object.
[[noreturn]] void refuse_route(const RequestInfo& info);

// The kind behind a resource request, and of a subresource that has a kind of its own that one. Throws NotFound when
// there is none there, or when the path has a namespace that the kind does not take or lacks one that it needs,
// MethodNotAllowed for a verb that it does not serve.
const schemas::Kind& resolve_kind(const RequestInfo& info);

}  // namespace berth::api
