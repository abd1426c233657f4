// SPDX-License-Identifier: Apache-2.0
#pragma once
// One pull per image, host and credentials, however many ask. A pull is a task of its own: reconcilers ask, go away,
// and are woken when it has ended, and now and then while it goes on; so a spec that changes or goes meanwhile is not
// held up by it. Callers of the API wait for its end. A pull that nobody wants any more is cancelled. One loop.
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/scope.hpp"
#include "controller/reconciler.hpp"
#include "docker/engines.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

struct PullRequest {
  std::shared_ptr<docker::Engine> engine;
  std::string reference;
  std::string platform;
  std::string auth;  // X-Registry-Auth, "" for anybody
  std::string mark;  // differs when the credentials do: who has others may not profit from these
};

struct PullState {
  enum class Progress { Running, Done, Failed } progress = Progress::Running;
  std::optional<base::Status> error;  // why it failed, in the engine's words
  std::string said;                   // how far it is, while it runs
};

class Pulls {
 public:
  static constexpr std::chrono::seconds kTellEvery{5};  // how often reconcilers that wait hear how far it is
  using Listener = std::function<void(const docker::PullProgress&)>;

  // `wake` is called for each asker when its pull has ended. `resources` outlives it.
  Pulls(resources::Resources& resources, base::Clock& clock, base::Executor loop,
        std::function<void(controller::Key)> wake);

  // Starts or joins a pull for a Container, whose Events tell of it. An end, good or bad, is told to each asker once;
  // asking again pulls again.
  PullState ask(PullRequest request, const controller::Key& asker, base::Json object);
  // The asker is gone, or wants no image.
  void forget(const controller::Key& asker);

  // Starts or joins a pull for a caller of the API, and waits for its end; `listener` hears each step. On record for
  // the caller either way. Throws the engine's error; cancelled, the caller wants it no more. On loop().
  base::Task<docker::PullResult> share(PullRequest request, resources::Caller caller, Listener listener);

  const base::Executor& loop() const { return loop_; }
  std::size_t running() const { return running_.size(); }
  // Nothing runs, and the Events of all that ran are written.
  bool idle() const { return scope_.running() == 0; }
  // Cancels what runs; its callers hear ServiceUnavailable. Loop thread only, and nobody asks any more.
  base::Task<void> stop();

 private:
  using PullKey = std::string;  // host, image, platform and mark of the credentials
  struct Running {
    std::map<controller::Key, base::Json> askers;
    std::list<Listener> callers;
    docker::PullProgress progress;
    base::SteadyTime tell_from{};
    base::Signal moved;      // the engine's part has ended, or the last who wanted it went
    base::Signal over;       // `end` is there
    bool abandoned = false;  // it ends because nobody wants it
    std::optional<PullState> end;
    docker::PullResult result;
    explicit Running(base::Executor loop) : moved(loop), over(loop) {}
    bool is_wanted() const { return !askers.empty() || !callers.empty(); }
  };
  using RunningPtr = std::shared_ptr<Running>;
  // Who began a pull: it is on record, and the Event that it begins goes to the object, if there is one.
  struct Starter {
    resources::Caller caller;
    resources::EngineAction action;
    base::Json object;
  };
  struct Joined {
    RunningPtr pull;
    bool begun;  // by this very call
  };
  struct End {
    PullKey pull;
    PullState state;
  };
  class Wish;

  Joined join(const PullKey& key, const PullRequest& request, const Starter& starter);
  void leave(const controller::Key& asker, const PullKey& but);
  base::Task<void> run(PullKey key, RunningPtr running, PullRequest request, Starter starter);
  base::Task<std::exception_ptr> pull_while_wanted(Running& running, PullRequest request, Starter starter);
  base::Task<void> pull(Running& running, PullRequest request, Starter starter, bool& ended, std::exception_ptr& error);
  base::Task<void> see_to_end(Wish& wish, PullRequest request, Starter starter);
  void heard(Running& running, const docker::PullProgress& progress);
  base::Task<void> note(base::Json object, resources::EventNote note);

  resources::Resources& resources_;
  base::Clock& clock_;
  base::Executor loop_;
  std::function<void(controller::Key)> wake_;
  base::Scope scope_;
  std::map<PullKey, RunningPtr> running_;
  std::map<controller::Key, End> ends_;
};

}  // namespace berth::reconcilers
