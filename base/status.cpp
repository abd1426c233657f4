// SPDX-License-Identifier: Apache-2.0
#include "base/status.hpp"

#include <array>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace berth::base {
namespace {

struct ReasonRow {
  Reason reason;
  std::string_view name;
  int code;
};

constexpr std::array kReasons{
    ReasonRow{Reason::BadRequest, "BadRequest", 400},
    ReasonRow{Reason::Unauthorized, "Unauthorized", 401},
    ReasonRow{Reason::Forbidden, "Forbidden", 403},
    ReasonRow{Reason::NotFound, "NotFound", 404},
    ReasonRow{Reason::MethodNotAllowed, "MethodNotAllowed", 405},
    ReasonRow{Reason::NotAcceptable, "NotAcceptable", 406},
    ReasonRow{Reason::AlreadyExists, "AlreadyExists", 409},
    ReasonRow{Reason::Conflict, "Conflict", 409},
    ReasonRow{Reason::Gone, "Gone", 410},
    ReasonRow{Reason::Expired, "Expired", 410},
    ReasonRow{Reason::RequestEntityTooLarge, "RequestEntityTooLarge", 413},
    ReasonRow{Reason::UnsupportedMediaType, "UnsupportedMediaType", 415},
    ReasonRow{Reason::Invalid, "Invalid", 422},
    ReasonRow{Reason::TooManyRequests, "TooManyRequests", 429},
    ReasonRow{Reason::InternalError, "InternalError", 500},
    ReasonRow{Reason::ServerTimeout, "ServerTimeout", 500},
    ReasonRow{Reason::ServiceUnavailable, "ServiceUnavailable", 503},
    ReasonRow{Reason::Timeout, "Timeout", 504},
    ReasonRow{Reason::Cancelled, "Cancelled", 500},
};

const ReasonRow& row_of(Reason reason) {
  for (const ReasonRow& row : kReasons) {
    if (row.reason == reason) return row;
  }
  return kReasons[14];  // InternalError: unreachable while the table is whole
}

Details details_of(std::string_view resource, std::string_view name) {
  const auto dot = resource.find('.');
  Details details;
  details.name = name;
  details.kind = resource.substr(0, dot);
  if (dot != std::string_view::npos) details.group = resource.substr(dot + 1);
  return details;
}

std::string quoted(std::string_view resource, std::string_view name) {
  std::string text(resource);
  text.append(" \"").append(name).append("\"");
  return text;
}

}  // namespace

std::string_view to_string(Reason reason) { return row_of(reason).name; }
int http_code(Reason reason) { return row_of(reason).code; }

Status::Status(Reason reason, std::string message, Details details)
    : reason_(reason), message_(std::move(message)), details_(std::move(details)) {
  what_.append(to_string(reason_)).append(": ").append(message_);
}

Status Status::with_prefix(std::string_view prefix) const {
  std::string text(prefix);
  text.append(": ").append(message_);
  return {reason_, std::move(text), details_};
}

Status Status::with_retry_after(std::chrono::seconds retry_after) const {
  Details details = details_;
  details.retry_after = retry_after;
  return {reason_, message_, std::move(details)};
}

Status bad_request(std::string message) { return {Reason::BadRequest, std::move(message)}; }

Status not_found(std::string_view resource, std::string_view name) {
  return {Reason::NotFound, quoted(resource, name) + " not found", details_of(resource, name)};
}

Status already_exists(std::string_view resource, std::string_view name) {
  return {Reason::AlreadyExists, quoted(resource, name) + " already exists", details_of(resource, name)};
}

Status conflict(std::string_view resource, std::string_view name, std::string_view why) {
  std::string text = "Operation cannot be fulfilled on " + quoted(resource, name) + ": ";
  text.append(why);
  return {Reason::Conflict, std::move(text), details_of(resource, name)};
}

Status unavailable(std::string message, std::chrono::seconds retry_after) {
  return Status(Reason::ServiceUnavailable, std::move(message)).with_retry_after(retry_after);
}

Status internal_error(std::string message) { return {Reason::InternalError, std::move(message)}; }
Status timeout(std::string message) { return {Reason::Timeout, std::move(message)}; }

Status current_status() { return to_status(std::current_exception()); }

Status to_status(std::exception_ptr error) {
  try {
    std::rethrow_exception(std::move(error));
  } catch (const Status& status) {
    return status;
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) return {Reason::Cancelled, "cancelled"};
    return internal_error(e.what());
  } catch (const std::exception& e) {
    return internal_error(e.what());
  } catch (...) {
    return internal_error("unknown error");
  }
}

}  // namespace berth::base
