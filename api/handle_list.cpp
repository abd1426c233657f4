// SPDX-License-Identifier: Apache-2.0
#include "api/handlers.hpp"
#include "api/list_body.hpp"
#include "api/options.hpp"
#include "api/table.hpp"
#include "base/indented_json.hpp"
#include "base/yaml.hpp"

namespace berth::api {
namespace {

std::string list_head(const schemas::Kind& kind, store::Revision revision) {
  std::string head = R"({"kind":")";
  head.append(kind.list_kind).append(R"(","apiVersion":")").append(kind.api_version());
  head.append(R"(","metadata":{"continue":"","resourceVersion":")").append(std::to_string(revision));
  return head.append(R"("},"items":[)");
}

// For people: whole in memory.
std::string whole_list(const schemas::Kind& kind, const resources::ListPage& page) {
  std::string body = list_head(kind, page.revision);
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    if (i > 0) body += ',';
    body += *page.items[i].bytes;
  }
  return body + "]}";
}

base::Task<void> answer_for_people(Exchange& exchange, const ResponseFormat& format, const resources::ListPage& page) {
  base::HttpResponse response;
  std::string json = whole_list(*exchange.kind, page);
  if (format.format == Format::Yaml) {
    response.headers.add("Content-Type", "application/yaml");
    base::JsonLimits limits;
    limits.max_bytes = json.size();  // our own bytes
    response.body = base::to_yaml(base::parse_json(json, limits));
  } else {
    response.headers.add("Content-Type", "application/json");
    response.body = base::indent_json(json, 2);
  }
  co_await exchange.respond(std::move(response));
}

base::Task<void> answer_table(Exchange& exchange, const ResponseFormat& format, const resources::ListPage& page) {
  const TableBuilder table(*exchange.kind, format, exchange.services.clock.now());
  ListBody body(exchange, "application/json");
  const std::string head = table.head(std::to_string(page.revision), TableBuilder::Columns::Sent);
  co_await body.add(head);
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    if (i > 0) co_await body.add(",");
    const std::string row = table.row(*page.items[i].bytes);
    co_await body.add(row);
  }
  co_await body.add(TableBuilder::kTail);
  co_await body.finish();
}

base::Task<void> answer_list(Exchange& exchange, const ResponseFormat& format, const resources::ListPage& page) {
  if (format.format == Format::Table) co_return co_await answer_table(exchange, format, page);
  if (format.format == Format::Yaml || exchange.pretty()) co_return co_await answer_for_people(exchange, format, page);
  ListBody body(exchange, "application/json");
  const std::string head = list_head(*exchange.kind, page.revision);
  co_await body.add(head);
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    std::string_view comma = i > 0 ? "," : "";
    while (!body.take(comma)) co_await body.flush();
    std::string_view object = *page.items[i].bytes;
    while (!body.take(object)) co_await body.flush();
  }
  co_await body.add("]}");
  co_await body.finish();
}

ResponseFormat format_for(const Exchange& exchange) {
  return negotiate(exchange.header("Accept"), exchange.info.query, {Format::Json, Format::Yaml, Format::Table});
}

// One object of a collection on its way out; nothing when another caller was faster.
base::Task<std::optional<resources::Object>> remove_one(Exchange& exchange, const resources::Object& object,
                                                        resources::DeleteOptions options) {
  const base::Json json = object.parse();
  options.uid = base::string_at(json, "metadata.uid");
  const std::string name(base::string_at(json, "metadata.name"));
  const std::string ns(base::string_at(json, "metadata.namespace"));
  try {
    resources::Written written =
        co_await exchange.services.resources.remove(exchange.caller, *exchange.kind, ns, name, std::move(options));
    co_return std::move(written.object);
  } catch (const base::Status& status) {
    const bool gone = status.reason() == base::Reason::NotFound || status.reason() == base::Reason::Conflict;
    if (!gone || exchange.services.resources.find(*exchange.kind, ns, name)) throw;
  }
  co_return std::nullopt;
}

}  // namespace

base::Task<void> handle_list(Exchange& exchange) {
  const ResponseFormat format = format_for(exchange);
  resources::ListOptions options = read_list_options(exchange.info.query);
  const resources::ListPage page =
      co_await exchange.services.resources.list(*exchange.kind, exchange.info.ns, std::move(options));
  co_await answer_list(exchange, format, page);
}

base::Task<void> handle_delete_collection(Exchange& exchange) {
  const ResponseFormat format = format_for(exchange);
  resources::ListOptions selection = read_list_options(exchange.info.query);
  const resources::DeleteOptions options = read_delete_options(exchange.request, exchange.info.query);
  const resources::ListPage page =
      co_await exchange.services.resources.list(*exchange.kind, exchange.info.ns, std::move(selection));
  resources::ListPage removed;
  removed.revision = page.revision;
  for (const resources::Object& object : page.items) {
    std::optional<resources::Object> last = co_await remove_one(exchange, object, options);
    if (!last) continue;
    removed.revision = std::max(removed.revision, last->revision);
    removed.items.push_back(std::move(*last));
  }
  co_await answer_list(exchange, format, removed);
}

}  // namespace berth::api
