// SPDX-License-Identifier: Apache-2.0
// What a Container or ComposeStack would change: the body is the whole candidate, of an object that there is or not; or
// a List of it and of the Secrets, ConfigMaps, Networks and Volumes that would be applied before it.
#include <algorithm>
#include <array>

#include "api/handlers.hpp"
#include "api/options.hpp"
#include "base/status.hpp"
#include "resources/engine_view.hpp"

namespace berth::api {
namespace {

constexpr std::array<std::string_view, 4> kBeside{"Secret", "ConfigMap", "Network", "Volume"};

// The candidate, and what would be applied before it.
struct Asked {
  resources::Body candidate;
  std::vector<base::Json> beside;
};

// Duplicates of the item at `head`, as its own document has them.
std::vector<std::string> duplicates_below(const std::vector<std::string>& all, const std::string& head) {
  std::vector<std::string> own;
  for (const std::string& field : all) {
    if (field.starts_with(head)) own.push_back(field.substr(head.size()));
  }
  return own;
}

void check_beside(const RequestInfo& info, const std::string& path, const base::Json& object) {
  const std::string kind(base::string_at(object, "kind"));
  const std::string ns(base::string_at(object, "metadata.namespace"));
  if (std::ranges::find(kBeside, kind) == kBeside.end()) {
    throw base::bad_request(path + ": a plan takes a Secret, ConfigMap, Network or Volume beside its object; found " +
                            (kind.empty() ? "no kind" : "kind " + kind));
  }
  if (!ns.empty() && ns != info.ns) {
    throw base::bad_request(path + ".metadata.namespace: must be \"" + info.ns + "\", that of the plan; found \"" + ns +
                            "\"");
  }
}

// The body is the candidate, or a List of it and of what is beside it.
Asked read_plan_body(const Exchange& exchange) {
  resources::Body body = decode_body(exchange.request);
  if (base::string_at(body.value, "kind") != "List" || base::string_at(body.value, "apiVersion") != "v1") {
    return {std::move(body), {}};
  }
  base::Json* items = base::find_path(body.value, "items");
  if (items == nullptr || !items->is_array()) throw base::bad_request("items: must be a list of objects");
  Asked asked;
  bool found = false;
  std::size_t index = 0;
  for (base::Json& item : items->get_array()) {
    const std::string path = "items[" + std::to_string(index++) + "]";
    const bool candidate = base::string_at(item, "kind") == exchange.kind->kind &&
                           base::string_at(item, "metadata.name") == exchange.info.name;
    if (candidate && !found) {
      found = true;
      asked.candidate = {std::move(item), duplicates_below(body.duplicate_fields, path + ".")};
      continue;
    }
    check_beside(exchange.info, path, item);
    asked.beside.push_back(std::move(item));
  }
  if (found) return asked;
  throw base::bad_request("items: there is no " + exchange.kind->kind + " \"" + exchange.info.name +
                          "\", which the plan is of");
}

// As they would be after an apply of the same caller and manager: merged with what there is.
base::Task<std::vector<base::Json>> as_applied(Exchange& exchange, std::vector<base::Json> given,
                                               resources::ApplyOptions options) {
  std::vector<base::Json> applied;
  for (base::Json& object : given) {
    const schemas::Kind& kind = schemas::Catalog::instance().by_name(base::string_at(object, "kind"));
    const std::string name(base::string_at(object, "metadata.name"));
    resources::Body body{std::move(object), {}};
    const resources::Written written = co_await exchange.services.resources.apply(
        exchange.caller, kind, exchange.info.ns, name, resources::Part::Main, std::move(body), options);
    applied.push_back(written.object.parse());
  }
  co_return applied;
}

}  // namespace

base::Task<void> handle_plan(Exchange& exchange) {
  const RequestInfo& info = exchange.info;
  resources::ApplyOptions options;
  options.write = read_write_options(info.query, exchange.header("User-Agent"), "ApplyOptions");
  options.write.dry_run = resources::DryRun::All;
  options.force = true;
  resources::ApplyOptions beside_options = options;
  Asked asked = read_plan_body(exchange);
  resources::Written written =
      co_await exchange.services.resources.apply(exchange.caller, *exchange.kind, info.ns, info.name,
                                                 resources::Part::Main, std::move(asked.candidate), std::move(options));
  base::Json object = written.object.parse();
  std::vector<base::Json> beside = co_await as_applied(exchange, std::move(asked.beside), std::move(beside_options));
  base::Json plan = co_await exchange.services.resources.engines().port().plan(std::move(object), std::move(beside));
  // It shows what there is beside what would be.
  co_await exchange.note_read();
  exchange.warnings = std::move(written.warnings);
  plan.as_object()["kind"] = "Plan";
  plan.as_object()["apiVersion"] = exchange.kind->api_version();
  co_await exchange.respond_json(200, base::to_canonical(plan));
}

}  // namespace berth::api
