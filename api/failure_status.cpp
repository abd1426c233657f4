// SPDX-License-Identifier: Apache-2.0
#include "api/failure_status.hpp"

#include <string>

#include "base/log.hpp"

namespace berth::api {

base::Status failure_status(std::exception_ptr error, std::string_view request_id) {
  try {
    std::rethrow_exception(error);
  } catch (const base::Status& status) {
    return status;
  } catch (...) {
    base::Status status = base::to_status(std::move(error));
    if (status.reason() == base::Reason::Cancelled) return status;
    base::log_error("unexpected error", {{"request", request_id}, {"error", status.what()}});
    return base::internal_error("an internal error; the server's log has it under request " + std::string(request_id));
  }
}

}  // namespace berth::api
