// SPDX-License-Identifier: Apache-2.0
#include "tests/fake_engine/server.hpp"

#include "base/status.hpp"

namespace berth::fake_engine {

using base::HttpRequest;
using base::HttpResponse;
using base::HttpServerConnection;
using base::Task;

using Lock = std::lock_guard<std::recursive_mutex>;

Server::Server(base::Executor loop, Shared& shared, std::string path)
    : loop_(loop), shared_(shared), path_(std::move(path)) {}

void Server::open() {
  if (scope_) return;
  listener_ = base::listen_unix(loop_, path_);
  scope_ = std::make_unique<base::Scope>(loop_, "fake engine");
  scope_->spawn(accept_all());
}

Task<void> Server::close() {
  if (!scope_) co_return;
  listener_->close();
  scope_->cancel();
  co_await scope_->join();
  scope_.reset();
  listener_.reset();
}

void Server::wake() {
  // The post may outlive this object.
  base::post_to(loop_, [this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) wake_now();
  });
}

void Server::wake_now() {
  for (base::Signal* signal : waiting_) signal->notify();
}

Task<void> Server::accept_all() {
  while (true) {
    base::StreamPtr stream = co_await listener_->accept();
    scope_->spawn(serve(std::move(stream)));
  }
}

Task<void> Server::serve(base::StreamPtr stream) {
  base::HttpServerLimits limits;
  limits.max_body_bytes = 64 * 1024 * 1024;
  HttpServerConnection connection(std::move(stream), limits);
  try {
    while (std::optional<HttpRequest> request = co_await connection.read_request()) {
      const bool go_on = co_await answer(connection, std::move(*request));
      if (!go_on || !connection.keep_alive()) break;
    }
  } catch (const base::Status&) {
    // The client went away, or sent what is no HTTP.
  }
  connection.close();
}

HttpResponse Server::head(const Answer& answer) const {
  HttpResponse response;
  response.status = answer.status;
  response.headers.add("Api-Version", "1." + std::to_string(shared_.world.max_minor()));
  response.headers.add("Ostype", "linux");
  if (!answer.content_type.empty()) response.headers.add("Content-Type", answer.content_type);
  response.body = answer.body;
  return response;
}

Task<bool> Server::answer(HttpServerConnection& connection, HttpRequest request) {
  const Route route = find_route(request, shared_.world);
  {
    const Lock lock(shared_.mutex);
    shared_.faults.count(route.operation, request.method);
    if (route.operation == "image_pull") shared_.last_auth = request.headers.get("X-Registry-Auth");
    shared_.changed.notify_all();
  }
  co_await hang(route.operation);
  std::optional<Failure> failure;
  bool cut = false;
  bool slow_pull = false;
  {
    const Lock lock(shared_.mutex);
    slow_pull = route.operation == "image_pull" && shared_.faults.hangs(kPullLayers);
    failure = shared_.faults.take_failure(route.operation);
    cut = shared_.faults.take_cut_before(route.operation);
  }
  if (cut) co_return false;
  if (failure && failure->status != 200) {
    const HttpResponse response = head(error_answer(failure->status, failure->message));
    co_await connection.respond(response);
    co_return true;
  }
  if (failure) {  // an error inside a stream that began well
    const Json line =
        JsonObject{{"errorDetail", JsonObject{{"message", failure->message}}}, {"error", failure->message}};
    const HttpResponse response = head({200, "application/json", base::to_canonical(line) + "\r\n"});
    co_await connection.respond(response);
    co_return true;
  }
  if (slow_pull) co_return co_await stream_pull(connection, request, route);
  if (route.operation == "events") co_return co_await stream_events(connection, route);
  if (route.operation == "container_wait") co_return co_await wait_for_exit(connection, route);
  co_return co_await answer_plain(connection, request, route);
}

Task<void> Server::hang(const std::string& operation) {
  Waiting waiting(*this);
  std::uint64_t releases = 0;
  {
    const Lock lock(shared_.mutex);
    if (!shared_.faults.take_hang(operation)) co_return;
    releases = shared_.faults.releases(operation);
  }
  while (true) {
    {
      const Lock lock(shared_.mutex);
      if (shared_.faults.releases(operation) != releases) co_return;
    }
    co_await waiting.signal().wait();
  }
}

Task<bool> Server::answer_plain(HttpServerConnection& connection, const HttpRequest& request, const Route& route) {
  Answer made;
  std::function<void(const std::string&)> hook;
  bool cut = false;
  {
    const Lock lock(shared_.mutex);
    const int most = shared_.world.max_minor();
    const std::string asked = "client version 1." + std::to_string(route.asked_minor);
    if (route.asked_minor > most) {
      made = error_answer(400, asked + " is too new. Maximum supported API version is 1." + std::to_string(most));
    } else if (route.asked_minor >= 0 && route.asked_minor < shared_.world.min_minor()) {
      made = error_answer(400, asked + " is too old. Minimum supported API version is 1." +
                                   std::to_string(shared_.world.min_minor()) +
                                   ", please upgrade your client to a newer version");
    } else {
      try {
        made = perform(shared_.world, route, request);
      } catch (const Refused& refused) {
        made = refused.status == 304 ? Answer{304, "", ""} : error_answer(refused.status, refused.message);
      }
    }
    cut = shared_.faults.take_cut_after(route.operation);
    if (request.method != "GET" && request.method != "HEAD") hook = shared_.after_write;
  }
  wake_now();
  shared_.changed.notify_all();
  if (hook) hook(route.operation);
  if (cut) co_return false;
  const HttpResponse response = head(made);
  co_await connection.respond(response);
  co_return true;
}

Task<bool> Server::wait_for_exit(HttpServerConnection& connection, const Route& route) {
  Waiting waiting(*this);
  Answer made;
  while (true) {
    {
      const Lock lock(shared_.mutex);
      const FakeContainer* target = shared_.world.find_container(route.key);
      if (target == nullptr) made = error_answer(404, "No such container: " + route.key);
      if (target != nullptr && !target->running()) {
        made.body = base::to_canonical(JsonObject{{"StatusCode", target->exit_code}});
      }
    }
    if (!made.body.empty()) break;
    co_await waiting.signal().wait();
  }
  const HttpResponse response = head(made);
  co_await connection.respond(response);
  co_return true;
}

}  // namespace berth::fake_engine
