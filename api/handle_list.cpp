// SPDX-License-Identifier: Apache-2.0
#include "api/handlers.hpp"
#include "api/list_body.hpp"
#include "api/list_form.hpp"
#include "api/options.hpp"
#include "api/status_json.hpp"
#include "base/indented_json.hpp"
#include "base/yaml.hpp"
#include "resources/object/sealing.hpp"
#include "resources/request/continue_token.hpp"

namespace berth::api {
namespace {

using resources::DryRun;
using resources::Written;

// Opening is work: after each, others of this loop have their turn.
base::Task<resources::SecretValue> open_next(Exchange& exchange, const resources::SealedObject& sealed) {
  co_await base::asio::post(base::use_task);
  exchange.services.secrets_opened.increment();
  co_return exchange.services.resources.open(*exchange.kind, sealed);
}

// For people: whole in memory.
base::Task<std::string> whole_list(Exchange& exchange, const ListForm& form, const resources::ListPage& page) {
  std::string body = form.head(page);
  std::string made;
  std::string_view comma;
  for (const resources::Object& object : page.items) {
    body.append(comma).append(form.item(*object.bytes, made));
    comma = ",";
  }
  for (const resources::SealedObject& sealed : page.sealed) {
    const resources::SecretValue opened = co_await open_next(exchange, sealed);
    body.append(comma).append(form.item(opened.reveal_to_reader(), made));
    comma = ",";
  }
  co_return body.append(ListForm::kTail);
}

std::string lay_out(const ResponseFormat& format, std::string_view json) {
  if (format.format != Format::Yaml) return base::indent_json(json, 2);
  base::JsonLimits limits;
  limits.max_bytes = json.size();  // our own bytes
  return base::to_yaml(base::parse_json(json, limits));
}

base::Task<std::string> text_for_people(Exchange& exchange, const ListForm& form, const ResponseFormat& format,
                                        const resources::ListPage& page) {
  const resources::SecretValue json(co_await whole_list(exchange, form, page));
  const auto make = [&format, &json] { return lay_out(format, json.reveal_to_reader()); };
  if (json.reveal_to_reader().size() < Exchange::kZipFrom) co_return make();
  co_return co_await base::blocking(make);
}

base::Task<void> answer_for_people(Exchange& exchange, const ListForm& form, const ResponseFormat& format,
                                   const resources::ListPage& page) {
  // Secrets that wait whole for a slow reader count among what is in flight, until they are out.
  std::optional<InFlight::Place> held;
  if (exchange.place && resources::has_sealed_fields(*exchange.kind)) held.emplace(*std::move(exchange.place));
  base::HttpResponse response;
  response.headers.add("Content-Type", format.format == Format::Yaml ? "application/yaml" : "application/json");
  response.body = co_await text_for_people(exchange, form, format, page);
  co_await exchange.respond(std::move(response));
}

base::Task<void> answer_list(Exchange& exchange, const ResponseFormat& format, const resources::ListPage& page) {
  const ListForm form(*exchange.kind, format, exchange.services.clock.now());
  if (format.format == Format::Yaml || exchange.pretty()) {
    co_return co_await answer_for_people(exchange, form, format, page);
  }
  ListBody body(exchange, "application/json");
  const std::string head = form.head(page);
  co_await body.add(head);
  std::string made;
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    std::string_view comma = i > 0 ? "," : "";
    while (!body.take(comma)) co_await body.flush();
    std::string_view item = form.item(*page.items[i].bytes, made);
    while (!body.take(item)) co_await body.flush();
  }
  // A slow reader keeps one of them open, and the buffer.
  for (std::size_t i = 0; i < page.sealed.size(); ++i) {
    if (i > 0 || !page.items.empty()) co_await body.add(",");
    const resources::SecretValue opened = co_await open_next(exchange, page.sealed[i]);
    co_await body.add(form.item(opened.reveal_to_reader(), made));
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
  const std::string uid(base::string_at(json, "metadata.uid"));
  if (options.uid.empty()) options.uid = uid;
  const std::string name(base::string_at(json, "metadata.name"));
  const std::string ns(base::string_at(json, "metadata.namespace"));
  try {
    co_return co_await exchange.services.resources.remove(exchange.caller, *exchange.kind, ns, name,
                                                          std::move(options));
  } catch (const base::Status& status) {
    const bool gone = status.reason() == base::Reason::NotFound || status.reason() == base::Reason::Conflict;
    if (!gone) throw;
    const auto there = exchange.services.resources.find(*exchange.kind, ns, name);
    if (there && base::string_at(there->parse(), "metadata.uid") == uid) throw;  // a precondition of the client's
  }
  co_return std::nullopt;
}

}  // namespace

base::Task<void> handle_list(Exchange& exchange) {
  const ResponseFormat format = format_for(exchange);
  resources::ListOptions options = read_list_options(exchange.info.query);
  options.leave_sealed = true;
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
  selection.leave_sealed = true;
  resources::DeleteOptions options = read_delete_options(exchange.request, exchange.info.query);
  options.leave_sealed = true;
  resources::ListPage page =
      co_await exchange.services.resources.list(*exchange.kind, exchange.info.ns, std::move(selection));
  resources::ListPage removed;
  removed.revision = page.revision;
  bool shows_uncommitted = false;
  for (const resources::Object& object : page.take_unopened()) {
    std::optional<Written> last = co_await remove_one(exchange, object, options);
    if (!last) continue;
    shows_uncommitted |= options.dry_run == DryRun::All || last->outcome == Written::Outcome::Unchanged;
    removed.revision = std::max(removed.revision, last->sealed ? last->sealed->revision : last->object.revision);
    if (last->sealed) {
      removed.sealed.push_back(*std::move(last->sealed));
    } else {
      removed.items.push_back(std::move(last->object));
    }
  }
  // The rest has records of its own.
  if (shows_uncommitted) co_await exchange.note_read();
  co_await answer_list(exchange, format, removed);
}

}  // namespace berth::api
