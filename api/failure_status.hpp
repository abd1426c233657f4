// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a client is told of an error.
#include <exception>
#include <string_view>

#include "base/status.hpp"

namespace berth::api {

// A Status as it is. What nobody made one of is our mistake or the machine's trouble: it is logged with the request's
// id, and the answer is a 500 that says how to find it there, and nothing of how the server is made.
base::Status failure_status(std::exception_ptr error, std::string_view request_id);

}  // namespace berth::api
