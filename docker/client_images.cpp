// SPDX-License-Identifier: Apache-2.0
#include "base/scope.hpp"
#include "base/status.hpp"
#include "docker/engine_client.hpp"
#include "docker/errors.hpp"
#include "docker/image_reference.hpp"
#include "docker/json_splitter.hpp"
#include "docker/pull_progress.hpp"

namespace berth::docker {

using base::Reason;
using base::Status;
using base::string_at;
using std::chrono::seconds;

namespace {

constexpr seconds kPullStall{60};  // a pull has no deadline of its own, but must go on
constexpr seconds kPruneLimit{300};

}  // namespace

Task<Json> EngineClient::list_images() { return get("image_list", "/images/json"); }

Task<Json> EngineClient::inspect_image(std::string reference) {
  return get("image_inspect", path_of("images", reference, "json"));
}

Task<PullResult> EngineClient::pull_image(PullOptions options) {
  const ImageReference reference = parse_image_reference(options.reference);
  Query query;
  // Without a tag an engine pulls every tag that there is.
  query.add("fromImage", reference.repository).add("tag", reference.tag_or_digest());
  if (!options.platform.empty()) query.add("platform", options.platform);
  Call call;
  call.operation = "image_pull";
  call.method = "POST";
  call.path = "/images/create" + query.text();
  call.limit = kPullStall;
  if (!options.auth.empty()) call.headers.set("X-Registry-Auth", options.auth);
  Wire::Streamed streamed = co_await wire_.open(std::move(call));
  PullResult result = co_await read_pull(std::move(streamed), options.on_progress);
  // Engines say "up to date" to a platform that the image does not have.
  if (!options.platform.empty()) co_await check_platform(options.reference, options.platform);
  co_return result;
}

Task<PullResult> EngineClient::read_pull(Wire::Streamed streamed,
                                         std::function<void(const PullProgress&)> on_progress) {
  const int status = streamed.head.status;
  PullResult result;
  JsonSplitter splitter;
  PullProgress progress;
  std::string refusal;
  while (true) {
    const std::string piece = co_await base::within(kPullStall, "image_pull", streamed.connection->read_body());
    if (piece.empty()) break;
    if (status >= 400) {
      refusal += piece;
      continue;
    }
    splitter.feed(piece);
    bool moved = false;
    while (const std::optional<std::string> object = splitter.next()) {
      const Json line = base::parse_json(*object);
      std::string error(string_at(line, "errorDetail.message"));
      if (error.empty()) error = string_at(line, "error");
      if (!error.empty()) throw pull_error(0, error);
      constexpr std::string_view digest = "Digest: ";
      const auto text = string_at(line, "status");
      if (text.starts_with(digest)) result.digest = text.substr(digest.size());
      moved = progress.add(line) || moved;
    }
    if (moved && on_progress) on_progress(progress);
  }
  if (status >= 400) {
    streamed.head.body = std::move(refusal);
    throw pull_error(status, error_message(streamed.head));
  }
  co_return result;
}

Task<void> EngineClient::check_platform(std::string reference, std::string platform) {
  const Json image = co_await inspect_image(reference);
  if (is_for_platform(image, platform)) co_return;
  const std::string found = std::string(string_at(image, "Os")) + "/" + std::string(string_at(image, "Architecture"));
  throw Status(Reason::NotFound, "image " + reference + " is for " + found + ", not for " + platform);
}

Task<void> EngineClient::remove_image(std::string reference) {
  co_await remove("image_remove", path_of("images", reference));
}

Task<PruneResult> EngineClient::prune_images() {
  const std::string query = Query().add("filters", R"({"dangling":["true"]})").text();
  const Json answer = co_await post("image_prune", "/images/prune" + query, "", kPruneLimit);
  PruneResult result;
  result.reclaimed = base::int_at(answer, "SpaceReclaimed");
  const Json* removed = base::find_path(answer, "ImagesDeleted");
  if (removed == nullptr || !removed->is_array()) co_return result;
  for (const Json& each : removed->get_array()) {
    if (const auto id = string_at(each, "Deleted"); !id.empty()) result.removed.emplace_back(id);
  }
  co_return result;
}

}  // namespace berth::docker
