// SPDX-License-Identifier: Apache-2.0
#pragma once
// The fake engine's socket: accepts, routes, injects the faults, streams events. The World and the Faults behind it
// are shared with the threads of tests under one lock, which is never held across a wait.
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>

#include "base/http_server.hpp"
#include "base/scope.hpp"
#include "tests/fake_engine/faults.hpp"
#include "tests/fake_engine/routes.hpp"
#include "tests/fake_engine/world.hpp"

namespace berth::fake_engine {

// What of a pull can hang, once it has told of its layers.
inline constexpr const char* kPullLayers = "image_pull_layers";

struct Shared {
  explicit Shared(Flavour flavour) : world(flavour) {}

  mutable std::recursive_mutex mutex;
  mutable std::condition_variable_any changed;
  World world;
  Faults faults;
  std::uint64_t event_cuts = 0;  // streams opened before a cut end
  FakeEngine::EventDelivery delivery = FakeEngine::EventDelivery::Normal;
  std::function<void(const std::string&)> after_write;
  std::string last_auth;
};

class Server {
 public:
  Server(base::Executor loop, Shared& shared, std::string path);

  // Loop thread only.
  void open();
  base::Task<void> close();
  // Wakes the streams and the hung calls; any thread.
  void wake();

 private:
  // Registers a signal of its own for as long as one request waits.
  class Waiting {
   public:
    explicit Waiting(Server& server) : server_(server), signal_(server.loop_) {
      place_ = server_.waiting_.insert(server_.waiting_.end(), &signal_);
    }
    ~Waiting() { server_.waiting_.erase(place_); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    base::Signal& signal() { return signal_; }

   private:
    Server& server_;
    base::Signal signal_;
    std::list<base::Signal*>::iterator place_;
  };

  base::Task<void> accept_all();
  base::Task<void> serve(base::StreamPtr stream);
  base::Task<bool> answer(base::HttpServerConnection& connection, base::HttpRequest request);
  base::Task<bool> answer_plain(base::HttpServerConnection& connection, const base::HttpRequest& request,
                                const Route& route);
  base::Task<void> hang(const std::string& operation);
  base::Task<bool> stream_events(base::HttpServerConnection& connection, const Route& route);
  base::Task<bool> stream_pull(base::HttpServerConnection& connection, const base::HttpRequest& request,
                               const Route& route);
  base::Task<bool> wait_for_exit(base::HttpServerConnection& connection, const Route& route);
  base::HttpResponse head(const Answer& answer) const;
  void wake_now();

  base::Executor loop_;
  Shared& shared_;
  std::string path_;
  std::unique_ptr<base::Scope> scope_;
  std::unique_ptr<base::Listener> listener_;
  std::list<base::Signal*> waiting_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace berth::fake_engine
