// SPDX-License-Identifier: Apache-2.0
#pragma once
// One pull per image, host and credentials, however many ask. A pull is a task of its own: reconcilers ask, go away,
// and are woken when it has ended, and now and then while it goes on; so a spec that changes or goes meanwhile is not
// held up by it. A pull that nobody wants any more is cancelled. One loop.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/scope.hpp"
#include "controller/reconciler.hpp"
#include "docker/engines.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

struct PullRequest {
  std::shared_ptr<docker::Engine> engine;
  std::string reference;
  std::string platform;
  std::string auth;       // X-Registry-Auth, "" for anybody
  std::string mark;       // differs when the credentials do: who has others may not profit from these
  controller::Key asker;  // of the Container
  base::Json object;      // the asker, for its Events
};

struct PullState {
  enum class Progress { Running, Done, Failed } progress = Progress::Running;
  std::optional<base::Status> error;  // why it failed, in the engine's words
  std::string said;                   // how far it is, while it runs
};

class Pulls {
 public:
  static constexpr std::chrono::seconds kTellEvery{5};  // how often those who wait hear how far it is

  // `wake` is called for each asker when its pull has ended. `resources` outlives it.
  Pulls(resources::Resources& resources, base::Clock& clock, base::Executor loop,
        std::function<void(controller::Key)> wake);

  // Starts or joins a pull. An end, good or bad, is told to each asker once; asking again pulls again.
  PullState ask(PullRequest request);
  // The asker is gone, or wants no image.
  void forget(const controller::Key& asker);
  std::size_t running() const { return running_.size(); }
  // Nothing runs, and the Events of all that ran are written.
  bool idle() const { return scope_.running() == 0; }
  // Cancels what runs. Loop thread only.
  base::Task<void> stop();

 private:
  using PullKey = std::string;  // host, reference, platform and mark of the credentials
  struct Running {
    std::map<controller::Key, base::Json> askers;
    std::string said;
    base::SteadyTime tell_from{};
    base::Signal moved;  // the pull has ended, or the last asker went
    explicit Running(base::Executor loop) : moved(loop) {}
  };
  struct End {
    PullKey pull;
    PullState state;
  };

  void leave(const controller::Key& asker, const PullKey& but);
  base::Task<void> run(PullKey key, PullRequest first);
  base::Task<std::exception_ptr> pull_while_wanted(PullKey key, PullRequest request);
  base::Task<void> pull(PullKey key, PullRequest request, bool& ended, std::exception_ptr& error);
  void heard(const PullKey& key, const std::string& said);
  base::Task<void> note(base::Json object, resources::EventNote note);

  resources::Resources& resources_;
  base::Clock& clock_;
  base::Executor loop_;
  std::function<void(controller::Key)> wake_;
  base::Scope scope_;
  std::map<PullKey, std::unique_ptr<Running>> running_;
  std::map<controller::Key, End> ends_;
};

}  // namespace berth::reconcilers
