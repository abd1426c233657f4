// SPDX-License-Identifier: Apache-2.0
#include "api/handlers.hpp"
#include "api/list_body.hpp"
#include "api/list_form.hpp"
#include "api/options.hpp"
#include "api/status_json.hpp"
#include "base/indented_json.hpp"
#include "base/yaml.hpp"
#include "resources/continue_token.hpp"

namespace berth::api {
namespace {

using resources::DryRun;
using resources::Written;

// For people: whole in memory.
std::string whole_list(const ListForm& form, const resources::ListPage& page) {
  std::string body = form.head(page);
  std::string made;
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    if (i > 0) body += ',';
    body += form.item(page.items[i], made);
  }
  return body.append(ListForm::kTail);
}

base::Task<void> answer_for_people(Exchange& exchange, const ResponseFormat& format, std::string json) {
  base::HttpResponse response;
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

base::Task<void> answer_list(Exchange& exchange, const ResponseFormat& format, const resources::ListPage& page) {
  const ListForm form(*exchange.kind, format, exchange.services.clock.now());
  if (format.format == Format::Yaml || exchange.pretty()) {
    co_return co_await answer_for_people(exchange, format, whole_list(form, page));
  }
  ListBody body(exchange, "application/json");
  const std::string head = form.head(page);
  co_await body.add(head);
  std::string made;
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    std::string_view comma = i > 0 ? "," : "";
    while (!body.take(comma)) co_await body.flush();
    std::string_view item = form.item(page.items[i], made);
    while (!body.take(item)) co_await body.flush();
  }
  co_await body.add(ListForm::kTail);
  co_await body.finish();
}

ResponseFormat format_for(const Exchange& exchange) {
  return list_format(exchange.header("Accept"), exchange.info.query);
}

// 410, with the token by which the rest can be had of the newest revision.
base::Task<void> answer_expired(Exchange& exchange, const resources::ContinueExpired& expired) {
  base::Json body = base::parse_json(status_json(expired));
  body.as_object()["metadata"] = base::JsonObject{{"continue", expired.token()}};
  co_await exchange.respond_json(base::http_code(expired.reason()), base::to_canonical(body));
}

// One object of a collection on its way out; nothing when another caller was faster.
base::Task<std::optional<Written>> remove_one(Exchange& exchange, const resources::Object& object,
                                              resources::DeleteOptions options) {
  const base::Json json = object.parse();
  options.uid = base::string_at(json, "metadata.uid");
  const std::string name(base::string_at(json, "metadata.name"));
  const std::string ns(base::string_at(json, "metadata.namespace"));
  try {
    co_return co_await exchange.services.resources.remove(exchange.caller, *exchange.kind, ns, name,
                                                          std::move(options));
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
  resources::ListPage page;
  std::optional<resources::ContinueExpired> expired;
  try {
    page = co_await exchange.services.resources.list(*exchange.kind, exchange.info.ns, std::move(options));
  } catch (const resources::ContinueExpired& gone) {
    expired = gone;
  }
  if (expired) co_return co_await answer_expired(exchange, *expired);
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
  bool shows_uncommitted = false;
  for (const resources::Object& object : page.items) {
    std::optional<Written> last = co_await remove_one(exchange, object, options);
    if (!last) continue;
    shows_uncommitted |= options.dry_run == DryRun::All || last->outcome == Written::Outcome::Unchanged;
    removed.revision = std::max(removed.revision, last->object.revision);
    removed.items.push_back(std::move(last->object));
  }
  // The rest has records of its own.
  if (shows_uncommitted) co_await exchange.note_read();
  co_await answer_list(exchange, format, removed);
}

}  // namespace berth::api
