// SPDX-License-Identifier: Apache-2.0
#include "api/handlers.hpp"
#include "resources/key_rotation.hpp"

namespace berth::api {

base::Task<void> handle_key_rotation(Exchange& exchange) {
  const resources::KeyRotationReport report =
      co_await exchange.services.resources.key_rotation().rotate(exchange.caller);
  const base::JsonObject answer{{"kind", "KeyRotation"},
                                {"key", report.key},
                                {"resumed", report.resumed},
                                {"rewrapped", static_cast<std::int64_t>(report.rewrapped)}};
  co_await exchange.respond_json(200, base::to_canonical(answer));
}

}  // namespace berth::api
