// SPDX-License-Identifier: Apache-2.0
// Images of a Host: pulled and pruned on its engine, by the port.
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "api/handlers.hpp"
#include "resources/engine_view.hpp"
#include "schemas/formats.hpp"

namespace berth::api {
namespace {

using base::JsonObject;

// Never throws, so that the other side of a race is not waited for.
struct Outcome {
  resources::PulledImage image;
  std::exception_ptr error;
};
base::Task<Outcome> pull(resources::EnginePort& port, resources::Caller caller, std::string host, std::string reference,
                         std::string platform) {
  Outcome outcome;
  try {
    outcome.image =
        co_await port.pull_image(std::move(caller), std::move(host), std::move(reference), std::move(platform));
  } catch (...) {
    outcome.error = std::current_exception();
  }
  co_return outcome;
}

std::string text_of(const base::Json& body, std::string_view field) {
  const base::Json* value = base::find_path(body, field);
  if (value == nullptr) return "";
  if (!value->is_string()) throw base::bad_request(std::string(field) + ": must be a text");
  return std::string(value->get_string());
}

base::Json read_body(const Exchange& exchange) {
  if (exchange.request.body.empty()) return JsonObject();
  base::Json body = decode_body(exchange.request).value;
  if (!body.is_object()) throw base::bad_request("the body must be an object");
  return body;
}

void allow_fields(const base::Json& body, std::initializer_list<std::string_view> known) {
  std::string allowed;
  for (const std::string_view field : known) allowed.append(allowed.empty() ? "" : ", ").append(field);
  for (const auto& [key, value] : body.get_object()) {
    if (std::find(known.begin(), known.end(), std::string_view(key)) != known.end()) continue;
    throw base::bad_request("unknown field \"" + std::string(key) + "\"; there is: " + allowed);
  }
}

JsonObject answer_head(const Exchange& exchange, std::string_view kind) {
  return {{"kind", kind}, {"apiVersion", std::string(resources::kEngineGroup) + "/v1"}, {"host", exchange.info.name}};
}

}  // namespace

base::Task<void> handle_pull_image(Exchange& exchange) {
  using namespace boost::asio::experimental::awaitable_operators;
  const base::Json body = read_body(exchange);
  allow_fields(body, {"kind", "apiVersion", "reference", "platform"});
  const std::string reference = text_of(body, "reference");
  const std::string platform = text_of(body, "platform");
  if (reference.empty()) throw base::bad_request("reference: Required value, such as nginx:1.27");
  if (const std::string_view wrong = schemas::check_image(reference); !wrong.empty()) {
    throw base::bad_request("reference: Invalid value: \"" + reference + "\": " + std::string(wrong));
  }
  resources::EnginePort& port = exchange.services.resources.engines().port();
  // Whoever goes away does not want it any more.
  auto first = co_await (pull(port, exchange.caller, exchange.info.name, reference, platform) ||
                         exchange.http.wait_for_hangup());
  if (first.index() == 1) throw base::Status(base::Reason::Cancelled, "the client went away");
  const Outcome& outcome = std::get<0>(first);
  if (outcome.error) std::rethrow_exception(outcome.error);
  JsonObject answer = answer_head(exchange, "ImagePull");
  answer["reference"] = reference;
  answer["id"] = outcome.image.id;
  answer["digest"] = outcome.image.digest;
  co_await exchange.respond_json(200, base::to_canonical(answer));
}

base::Task<void> handle_prune_images(Exchange& exchange) {
  allow_fields(read_body(exchange), {"kind", "apiVersion"});
  resources::EnginePort& port = exchange.services.resources.engines().port();
  const resources::PrunedImages pruned = co_await port.prune_images(exchange.caller, exchange.info.name);
  JsonObject answer = answer_head(exchange, "ImagePrune");
  answer["removed"] = base::JsonArray(pruned.removed.begin(), pruned.removed.end());
  answer["reclaimed"] = pruned.reclaimed;
  co_await exchange.respond_json(200, base::to_canonical(answer));
}

}  // namespace berth::api
