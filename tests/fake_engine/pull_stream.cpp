// SPDX-License-Identifier: Apache-2.0
// A pull that takes its time: it tells of its layers, and ends when a test lets it.
#include "tests/fake_engine/server.hpp"

namespace berth::fake_engine {

using base::Task;

using Lock = std::lock_guard<std::recursive_mutex>;

namespace {

std::string line(JsonObject object) { return base::to_canonical(object) + "\r\n"; }

// One layer is there already, the other half-way.
std::string layers() {
  const auto progress = [](int current) {
    return JsonObject{{"current", current * 1024 * 1024}, {"total", 4 * 1024 * 1024}};
  };
  return line({{"status", "Already exists"}, {"id", "1a2b3c"}, {"progressDetail", JsonObject{}}}) +
         line({{"status", "Pulling fs layer"}, {"id", "4d5e6f"}, {"progressDetail", JsonObject{}}}) +
         line({{"status", "Downloading"}, {"id", "4d5e6f"}, {"progressDetail", progress(2)}});
}

}  // namespace

Task<bool> Server::stream_pull(base::HttpServerConnection& connection, const base::HttpRequest& request,
                               const Route& route) {
  const base::HttpResponse opening = head({200, "application/json", ""});
  co_await connection.begin_chunked(opening);
  co_await connection.write_chunk(layers());
  co_await hang(kPullLayers);
  std::string rest;
  std::function<void(const std::string&)> hook;
  {
    const Lock lock(shared_.mutex);
    try {
      rest = perform(shared_.world, route, request).body;
    } catch (const Refused& refused) {
      rest = line({{"errorDetail", JsonObject{{"message", refused.message}}}, {"error", refused.message}});
    }
    hook = shared_.after_write;
  }
  wake_now();
  shared_.changed.notify_all();
  if (hook) hook(route.operation);
  co_await connection.write_chunk(rest);
  co_await connection.end_chunked();
  co_return true;
}

}  // namespace berth::fake_engine
