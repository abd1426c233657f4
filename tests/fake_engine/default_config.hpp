// SPDX-License-Identifier: Apache-2.0
#pragma once
// Config and HostConfig as the engine keeps them: what was sent over its defaults, without the fields that the
// version in use does not know.
#include "tests/fake_engine/fake_engine.hpp"

namespace berth::fake_engine {

Json make_config(const Json& create_body, const std::string& id, int minor);
Json make_host_config(const Json& create_body, Flavour flavour, int minor);
// POST /containers/{id}/update: a zero leaves the stored value.
void update_host_config(Json& host_config, const Json& resources);
bool has_healthcheck(const Json& config);

}  // namespace berth::fake_engine
