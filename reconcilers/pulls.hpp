// SPDX-License-Identifier: Apache-2.0
#pragma once
// One pull per image and host, however many ask. A pull is a task of its own: reconcilers ask, go away, and are
// woken when it has ended; so a spec that changes or goes meanwhile is not held up by it. One loop.
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
  controller::Key asker;  // of the Container
  base::Json object;      // the asker, for its Events
};

struct PullState {
  enum class Progress { Running, Done, Failed } progress = Progress::Running;
  std::optional<base::Status> error;  // why it failed, in the engine's words
};

class Pulls {
 public:
  // `wake` is called for each asker when its pull has ended. `resources` outlives it.
  Pulls(resources::Resources& resources, base::Clock& clock, base::Executor loop,
        std::function<void(controller::Key)> wake);

  // Starts or joins a pull. An end, good or bad, is told to each asker once; asking again pulls again.
  PullState ask(PullRequest request);
  // The asker is gone, or wants something else.
  void forget(const controller::Key& asker);
  std::size_t running() const { return running_.size(); }
  // Cancels what runs. Loop thread only.
  base::Task<void> stop();

 private:
  using PullKey = std::string;  // host, reference and platform
  struct Running {
    std::map<controller::Key, base::Json> askers;
  };
  struct End {
    PullKey pull;
    PullState state;
  };

  base::Task<void> run(PullKey key, PullRequest first);
  base::Task<void> pull(PullRequest request);
  base::Task<void> note(base::Json object, resources::EventNote note);

  resources::Resources& resources_;
  base::Clock& clock_;
  std::function<void(controller::Key)> wake_;
  base::Scope scope_;
  std::map<PullKey, Running> running_;
  std::map<controller::Key, End> ends_;
};

}  // namespace berth::reconcilers
