// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one error type. A Status is thrown, and caught in three places only: the HTTP connection (it becomes a
// metav1.Status), the reconcile loop (backoff and a condition) and the CLI's main (a line on stderr).
// Foreign errors (RocksDB, the Engine, OpenSSL) are translated into one where they enter.
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::base {

// Kubernetes' metav1.StatusReason values, by their own names.
// https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#StatusReason
enum class Reason {
  BadRequest,
  Unauthorized,
  Forbidden,
  NotFound,
  MethodNotAllowed,
  NotAcceptable,
  AlreadyExists,
  Conflict,
  Gone,
  Expired,
  RequestEntityTooLarge,
  UnsupportedMediaType,
  Invalid,
  TooManyRequests,
  InternalError,
  ServerTimeout,
  ServiceUnavailable,
  Timeout,
  Cancelled,  // never leaves the process: the owner of the coroutine ended it
};

// "NotFound" for Reason::NotFound.
std::string_view to_string(Reason reason);

// The HTTP code that Kubernetes sends with a reason, 404 for NotFound.
int http_code(Reason reason);

// One cause of a Status: `reason` is a metav1.CauseType such as FieldValueInvalid, `field` a path such as
// "spec.ports[0].hostPort".
struct Cause {
  std::string reason;
  std::string message;
  std::string field;
  bool operator==(const Cause&) const = default;
};

// What a Status is about. `kind` is the plural resource on the wire for NotFound, Conflict and AlreadyExists,
// and the Kind for Invalid, as upstream has it.
struct Details {
  std::string name;
  std::string group;
  std::string kind;
  std::string uid;
  std::vector<Cause> causes;
  std::optional<std::chrono::seconds> retry_after;
  bool operator==(const Details&) const = default;
};

class Status : public std::exception {
 public:
  Status(Reason reason, std::string message, Details details = {});

  Reason reason() const { return reason_; }
  const std::string& message() const { return message_; }
  const Details& details() const { return details_; }
  const char* what() const noexcept override { return what_.c_str(); }

  // The same error seen from a floor higher: "host vm-1: inspect web: connection refused". One prefix per floor.
  Status with_prefix(std::string_view prefix) const;
  Status with_retry_after(std::chrono::seconds retry_after) const;

 private:
  Reason reason_;
  std::string message_;
  Details details_;
  std::string what_;  // "NotFound: containers.berth.dev \"web\" not found"
};

// Shorthands for the common ones. `resource` is the qualified plural, "containers.berth.dev".
Status bad_request(std::string message);
Status not_found(std::string_view resource, std::string_view name);
Status already_exists(std::string_view resource, std::string_view name);
Status conflict(std::string_view resource, std::string_view name, std::string_view why);
Status unavailable(std::string message, std::chrono::seconds retry_after);
Status internal_error(std::string message);
Status timeout(std::string message);

// The error in flight as a Status: a Status as it is, any other exception as InternalError with its text, an
// Asio operation_aborted as Cancelled. Call it only inside a catch block, or with a captured exception.
Status current_status();
Status to_status(std::exception_ptr error);

}  // namespace berth::base
