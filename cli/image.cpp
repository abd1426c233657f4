// SPDX-License-Identifier: Apache-2.0
#include "cli/image.hpp"

#include <algorithm>
#include <ostream>

#include "base/http.hpp"
#include "base/scope.hpp"
#include "cli/commands.hpp"
#include "cli/pull_display.hpp"

namespace berth::cli {
namespace {

constexpr const char* kGroupVersion = "engine.berth.dev/v1";

const Resource& image_resource(const Session& session) {
  return session.discovery.find_kind(kGroupVersion, "EngineImage");
}

bool holds(const Json& image, const char* field, std::string_view text) {
  const Json* list = base::find_path(image, field);
  if (list == nullptr || !list->is_array()) return false;
  return std::ranges::any_of(list->get_array(), [text](const Json& each) {
    return each.is_string() && std::string_view(each.get_string()) == text;
  });
}

std::string with_tag(const std::string& reference) {
  const std::size_t slash = reference.rfind('/');
  const std::size_t from = slash == std::string::npos ? 0 : slash;
  return reference.find_first_of(":@", from) == std::string::npos ? reference + ":latest" : reference;
}

std::string path_of(const std::string& host, const std::string& what) {
  return std::string("/apis/") + kGroupVersion + "/hosts/" + base::percent_encode(host) + "/images/" + what;
}

Task<Reply> act(Session& session, const std::string& host, const std::string& what, Json body) {
  const std::string path = path_of(host, what);
  std::string text = base::to_canonical(body);
  co_return co_await session.client.send("POST", path, "application/json", std::move(text));
}

// Shows how far it is until it is there. The end of the stream before that is an error.
Task<Json> pull_one(Session& session, std::string host, Json body) {
  PullDisplay display(std::string(base::string_at(body, "reference")),
                      session.terminal ? PullDisplay::On::Terminal : PullDisplay::On::Lines);
  WatchStream stream = co_await session.client.follow(path_of(host, "pull?follow=true"), base::to_canonical(body));
  std::optional<Json> pulled;
  std::exception_ptr error;
  try {
    while (!pulled) {
      const std::optional<Json> frame = co_await stream.next();
      if (!frame)
        throw base::unavailable("the server ended the answer before the pull was over", std::chrono::seconds(1));
      if (base::string_at(*frame, "type") == "DONE") pulled = frame->at("object");
      if (base::string_at(*frame, "type") == "PROGRESS") session.out << display.show(frame->at("object"));
      session.out.flush();
    }
  } catch (...) {
    error = std::current_exception();
  }
  session.out << display.clear();
  session.out.flush();
  if (error) std::rethrow_exception(error);
  co_return *std::move(pulled);
}

// As other requests are, where somebody has set a bound.
Task<Json> bounded(std::chrono::milliseconds limit, Task<Json> pull) {
  if (limit.count() == 0) co_return co_await std::move(pull);
  co_return co_await base::within(limit, "pull", std::move(pull));
}

}  // namespace

bool is_meant(const Json& image, const std::string& word) {
  if (base::string_at(image, "metadata.name") == word) return true;
  if (holds(image, "tags", with_tag(word)) || holds(image, "digests", word)) return true;
  std::string_view id = base::string_at(image, "id");
  if (id == word) return true;
  id.remove_prefix(std::min(id.find(':') + 1, id.size()));
  return word.size() >= 4 && id.starts_with(word);
}

Task<int> run_image_ls(Session& session, ImageOptions options) {
  GetOptions get;
  get.words = {"engineimages.engine.berth.dev"};
  get.fields = options.host.empty() ? "" : "host=" + options.host;
  get.output = options.output;
  get.no_headers = options.no_headers;
  co_return co_await run_get(session, std::move(get));
}

Task<int> run_image_pull(Session& session, ImageOptions options) {
  for (const std::string& reference : options.images) {
    base::JsonObject body{{"reference", reference}};
    if (!options.platform.empty()) body["platform"] = options.platform;
    auto work = pull_one(session, options.host, std::move(body));
    const Json pulled = co_await bounded(session.client.access().request_timeout, std::move(work));
    const std::string_view digest = base::string_at(pulled, "digest");
    session.out << reference << " pulled on host " << options.host << ": "
                << (digest.empty() ? base::string_at(pulled, "id") : digest) << "\n";
  }
  co_return 0;
}

Task<int> run_image_rm(Session& session, ImageOptions options) {
  const Resource& resource = image_resource(session);
  const std::string query = options.host.empty() ? "" : query_of({{"fieldSelector", "host=" + options.host}});
  const Reply list = co_await session.client.get(resource.path("") + query);
  for (const std::string& word : options.images) {
    std::vector<std::string> names;
    for (const Json& image : list.body.at("items").as_array()) {
      if (is_meant(image, word)) names.emplace_back(base::string_at(image, "metadata.name"));
    }
    if (names.empty()) throw base::not_found("engineimages.engine.berth.dev", word);
    if (names.size() > 1) {
      throw base::bad_request("\"" + word + "\" is " + std::to_string(names.size()) + " images: " + names[0] + ", " +
                              names[1] + (names.size() > 2 ? ", ..." : "") + "; name one of them, or a --host");
    }
    co_await session.client.send("DELETE", resource.path("", names.front()), "application/json", "");
    session.out << "engineimage.engine.berth.dev \"" << names.front() << "\" deleted\n";
  }
  co_return 0;
}

Task<int> run_image_prune(Session& session, ImageOptions options) {
  const Reply reply = co_await act(session, options.host, "prune", base::JsonObject());
  for (const Json& id : reply.body.at("removed").as_array()) session.out << id.as_string() << "\n";
  session.out << reply.body.at("removed").as_array().size() << " images removed, "
              << base::int_at(reply.body, "reclaimed") << " bytes reclaimed on host " << options.host << "\n";
  co_return 0;
}

}  // namespace berth::cli
