// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/status.hpp"
#include "cli/printable.hpp"
#include "cli/schema_text.hpp"
#include "cli/server_queries.hpp"

namespace berth::cli {
namespace {

struct Asked {
  const Resource* resource = nullptr;
  std::vector<std::string> path;
};

// "container.spec.ports", "containers.berth.dev.spec": the longest head that names a type, then its fields.
Asked read_path(const Discovery& discovery, const std::string& text) {
  for (auto end = text.size(); end != std::string::npos && end > 0; end = text.rfind('.', end - 1)) {
    const Resource* resource = discovery.look_up(std::string_view(text).substr(0, end));
    if (resource == nullptr) continue;
    Asked asked{resource, {}};
    for (std::size_t from = end + 1; from < text.size();) {
      const auto dot = std::min(text.find('.', from), text.size());
      asked.path.push_back(text.substr(from, dot - from));
      from = dot + 1;
    }
    return asked;
  }
  return {&discovery.find(text.substr(0, text.find('.'))), {}};
}

}  // namespace

Task<int> run_explain(Session& session, ExplainOptions options) {
  const Asked asked = read_path(session.discovery, options.path);
  const Resource& resource = *asked.resource;
  const std::string key = resource.group.empty() ? "api/" + resource.version : "apis/" + resource.api_version();
  const Reply index = co_await session.client.get("/openapi/v3");
  const Json* paths = base::find_path(index.body, "paths");
  const Json* entry = paths != nullptr && paths->is_object() ? paths->get_object().if_contains(key) : nullptr;
  if (entry == nullptr) throw base::bad_request("the server describes no " + key + " in /openapi/v3");
  const Reply document = co_await session.client.get(std::string(base::string_at(*entry, "serverRelativeURL")));
  session.out << printable(
      explain_schema(document.body, resource, asked.path, options.recursive ? Fields::Recursive : Fields::Direct));
  co_return 0;
}

}  // namespace berth::cli
