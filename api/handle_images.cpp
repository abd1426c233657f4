// SPDX-License-Identifier: Apache-2.0
// Images of a Host: pulled and pruned on its engine, by the port.
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "api/handlers.hpp"
#include "api/watch_frames.hpp"
#include "base/scope.hpp"
#include "resources/engine_view.hpp"
#include "schemas/formats.hpp"

namespace berth::api {
namespace {

using base::JsonObject;

// What is known of a pull, told from the engines' loop to the request's.
struct News {
  explicit News(base::Executor own) : loop(own), moved(own) {}
  const base::Executor loop;
  base::Signal moved;
  base::Json progress;  // null when it has been passed on
  bool over = false;
  resources::PulledImage image;
  std::exception_ptr error;
};
using NewsPtr = std::shared_ptr<News>;

std::function<void(base::Json)> progress_to(NewsPtr news) {
  return [news](base::Json progress) {
    base::post_to(news->loop, [news, progress = std::move(progress)]() mutable {
      news->progress = std::move(progress);
      news->moved.notify();
    });
  };
}

base::Task<void> pull(resources::EnginePort& port, resources::Caller caller, resources::ImagePull wanted,
                      NewsPtr news) {
  try {
    news->image = co_await port.pull_image(std::move(caller), std::move(wanted));
  } catch (...) {
    news->error = std::current_exception();
  }
  news->over = true;
  news->moved.notify();
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

// {"type":"PROGRESS","object":{...}} and a new line, as a watch's frames are. The newest only: a peer that reads slowly
// hears of fewer steps.
std::string frame(std::string_view type, JsonObject object) {
  return base::to_canonical(JsonObject{{"type", type}, {"object", std::move(object)}}) + "\n";
}

base::Task<void> pass_on(Exchange& exchange, std::string text) {
  if (exchange.code == 0) co_await exchange.begin_stream("application/json");
  co_await exchange.http.write_chunk(text);
}

base::Task<void> pass_on_progress(Exchange& exchange, NewsPtr news, std::string reference) {
  while (!news->over) {
    co_await news->moved.wait();
    if (news->progress.is_null() || news->over) continue;
    JsonObject step = answer_head(exchange, "ImagePullProgress");
    step["reference"] = reference;
    const base::Json progress = std::exchange(news->progress, nullptr);
    for (const auto& [key, value] : progress.get_object()) step[key] = value;
    co_await pass_on(exchange, frame("PROGRESS", std::move(step)));
  }
}

// Until the pull has ended. Never throws, so that the other side of a race is not waited for.
base::Task<std::exception_ptr> pull_and_tell(Exchange& exchange, resources::ImagePull wanted, NewsPtr news) {
  base::Scope part(news->loop, "image pull of a client");
  std::exception_ptr error;
  try {
    resources::EnginePort& port = exchange.services.resources.engines().port();
    const std::string reference = wanted.reference;
    part.spawn(pull(port, exchange.caller, std::move(wanted), news));
    co_await pass_on_progress(exchange, news, reference);
  } catch (...) {
    error = std::current_exception();
  }
  part.cancel();
  co_await part.join();
  co_return error ? error : news->error;
}

base::Task<void> end_stream(Exchange& exchange, std::string last) {
  co_await pass_on(exchange, std::move(last));
  co_await exchange.http.end_chunked();
}

bool asks_to_follow(const Exchange& exchange) {
  const std::string_view asked = exchange.info.query.get("follow");
  if (asked.empty() || asked == "false") return false;
  if (asked == "true") return true;
  throw base::bad_request("follow: Invalid value: \"" + std::string(asked) + "\": must be true or false");
}

}  // namespace

base::Task<void> handle_pull_image(Exchange& exchange) {
  using namespace boost::asio::experimental::awaitable_operators;
  const base::Json body = read_body(exchange);
  allow_fields(body, {"kind", "apiVersion", "reference", "platform"});
  const std::string reference = text_of(body, "reference");
  if (reference.empty()) throw base::bad_request("reference: Required value, such as nginx:1.27");
  if (const std::string_view wrong = schemas::check_image(reference); !wrong.empty()) {
    throw base::bad_request("reference: Invalid value: \"" + reference + "\": " + std::string(wrong));
  }
  const bool follows = asks_to_follow(exchange);
  const auto news = std::make_shared<News>(co_await base::this_loop());
  resources::ImagePull wanted{exchange.info.name, reference, text_of(body, "platform"), {}};
  if (follows) wanted.on_progress = progress_to(news);
  // Whoever goes away does not want it any more.
  auto first = co_await (pull_and_tell(exchange, std::move(wanted), news) || exchange.http.wait_for_hangup());
  if (first.index() == 1) throw base::Status(base::Reason::Cancelled, "the client went away");
  if (const std::exception_ptr error = std::get<0>(first)) {
    if (exchange.code == 0) std::rethrow_exception(error);
    std::string last;
    WatchFrames::append_error(last, base::to_status(error));
    co_return co_await end_stream(exchange, std::move(last));
  }
  JsonObject answer = answer_head(exchange, "ImagePull");
  answer["reference"] = reference;
  answer["id"] = news->image.id;
  answer["digest"] = news->image.digest;
  if (follows) co_return co_await end_stream(exchange, frame("DONE", std::move(answer)));
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
