// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the servers to compare with share: HTTP and TLS as berthd has them, a kubeconfig by which the benches' clients
// find them, and an end when their input ends.
#include <functional>
#include <string>

#include "base/http_server.hpp"

namespace berth::bench {

// Answers one request on its connection. One loop calls it; calls of several connections interleave where it waits.
using Answer = std::function<base::Task<void>(base::HttpServerConnection&, const base::HttpRequest&)>;

// Writes the kubeconfig, prints "serving" and serves until standard input ends.
base::Task<void> run_peer_server(std::string kubeconfig, Answer answer);

}  // namespace berth::bench
