// SPDX-License-Identifier: Apache-2.0
#pragma once
// Why a pull failed, for people and programs, and how long to leave it at that. Pure.
#include <string>

#include "base/status.hpp"
#include "reconcilers/pass/refusals.hpp"

namespace berth::reconcilers {

struct PullFailure {
  std::string reason;   // ImagePullDenied, ImageNotFound, ImagePullRateLimited, RegistryUntrusted, RegistryUnreachable,
                        // else ErrImagePull
  std::string message;  // the engine's words, and what mends it
  Refusals::Delays delays;
};

// `server` is what the image is pulled from, `by` says with which credentials.
PullFailure explain_pull(const base::Status& error, const std::string& host, const std::string& server,
                         const std::string& by);

}  // namespace berth::reconcilers
