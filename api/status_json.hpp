// SPDX-License-Identifier: Apache-2.0
#pragma once
// metav1.Status, the body of every failure and of a finished deletion.
#include <string>
#include <string_view>
#include <vector>

#include "base/http.hpp"
#include "base/status.hpp"
#include "schemas/catalog.hpp"

namespace berth::api {

// {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",...,"code":404}
std::string status_json(const base::Status& status);

// What DELETE answers once the object is gone. kubectl compares details.uid while it waits.
std::string deleted_json(const schemas::Kind& kind, std::string_view name, std::string_view uid);

// The whole answer, with Retry-After where the Status has one.
base::HttpResponse failure_response(const base::Status& status);

// What Go's HTTP server says, and so every Kubernetes API server, where no handler is at home.
base::HttpResponse page_not_found();

// The value of a Warning header: 299 - "text", quoted as RFC 7234 has it; control characters become spaces.
std::string warning_header(std::string_view text);

// One Warning header each, and past 50 of them or 4 KiB one that counts the rest: clients limit the heads they read.
void add_warnings(base::Headers& headers, const std::vector<std::string>& warnings);

}  // namespace berth::api
