// SPDX-License-Identifier: Apache-2.0
#pragma once
// Asks a registry's own API whether it is there, and whether it takes these credentials: GET /v2/, then Basic or a
// Bearer token (https://distribution.github.io/distribution/spec/api/#api-version-check). Nothing is pulled, and no
// image is named. Redirects are not followed.
#include <chrono>
#include <string>
#include <string_view>

#include "base/task.hpp"
#include "docker/probe_reach.hpp"

namespace berth::docker {

struct RegistryAccess {
  std::string server;     // as registry_name() has it
  std::string ca_bundle;  // PEM; "" for the system's roots
  bool insecure = false;  // any certificate, and plain HTTP. A registry on loopback without a bundle is asked so, too,
                          // as engines do.
  enum class Credential { None, Password, IdentityToken } credential = Credential::None;
  std::string username;
  std::string_view secret;  // outlives the probe; in no message
  Loopback loopback = Loopback::Refused;
};

struct RegistryAnswer {
  enum class Reach { Reached, Unreachable, TimedOut, Untrusted, NotARegistry, NotAllowed } reach = Reach::Unreachable;
  std::string reach_message;
  enum class Login {
    NotTried,
    NotAsked,   // it asks nobody
    Anonymous,  // it gives tokens to anybody
    Accepted,
    Required,  // it wants credentials, and there are none
    Denied,
    RateLimited,
    Failed,  // the way to a token is broken
  } login = Login::NotTried;
  std::string login_message;
};

// The registry and its token server are asked only where why_not_probed() lets them be.
// Whatever goes wrong is in the answer; throws Cancelled only. Credentials are sent after a challenge, to the registry
// and to the token server that it names, which has to speak TLS where the registry does.
base::Task<RegistryAnswer> probe_registry(RegistryAccess access, std::chrono::steady_clock::duration limit);

}  // namespace berth::docker
