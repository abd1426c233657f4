// SPDX-License-Identifier: Apache-2.0
#include "api/health.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/status.hpp"

namespace berth::api {
namespace {

base::HttpResponse text_response(int status, std::string body) {
  base::HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.body = std::move(body);
  return response;
}

}  // namespace

base::HttpResponse health_response(std::string_view endpoint, std::string_view check, const Query& query,
                                   const HealthReport& report) {
  const auto excluded = query.get_all("exclude");
  std::string lines;
  bool ok = true;
  bool found = check.empty();
  for (const HealthCheck& entry : report) {
    if (!check.empty() && entry.name != check) continue;
    found = true;
    if (std::ranges::find(excluded, entry.name) != excluded.end()) {
      lines.append("[+]").append(entry.name).append(" excluded: ok\n");
      continue;
    }
    lines.append(entry.ok ? "[+]" : "[-]").append(entry.name).append(entry.ok ? " ok\n" : " failed: reason withheld\n");
    if (entry.ok) continue;
    ok = false;
    base::log_warning("health check failed", {{"endpoint", endpoint}, {"check", entry.name}, {"reason", entry.reason}});
  }
  if (!found) throw base::Status(base::Reason::NotFound, "there is no health check of that name");
  if (!ok) return text_response(500, lines.append(endpoint).append(" check failed\n"));
  if (!query.has("verbose")) return text_response(200, "ok");
  return text_response(200, lines.append(endpoint).append(" check passed\n"));
}

}  // namespace berth::api
