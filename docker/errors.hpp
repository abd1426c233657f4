// SPDX-License-Identifier: Apache-2.0
#pragma once
// From the engine's answers to Status. Its codes are not enough: 20.10 answers many mistakes of the client with 500,
// and every engine says 403 for what is a conflict and 404 for an unknown driver.
#include <string_view>

#include "base/http.hpp"
#include "base/status.hpp"

namespace berth::docker {

// The engine's words: "message" of a JSON body, else the body as it is (old engines answer plain text). Without the
// ids of endpoints, which are others with each attempt.
std::string error_message(const base::HttpResponse& response);

// For an answer with status 400 and above.
base::Status error_of(const base::HttpResponse& response);

// For a pull: an answer with an error, or an error inside its progress stream (`http_status` 0).
base::Status pull_error(int http_status, const std::string& message);

}  // namespace berth::docker
