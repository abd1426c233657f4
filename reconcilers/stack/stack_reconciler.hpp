// SPDX-License-Identifier: Apache-2.0
#pragma once
// ComposeStack: its file becomes Containers, Networks, Volumes, ConfigMaps and Secrets that it owns; only their
// reconcilers talk to the engine. A child that changes wakes its stack.
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "controller/reconciler.hpp"
#include "docker/engines.hpp"
#include "reconcilers/stack/stack_children.hpp"
#include "reconcilers/stack/stack_status.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

struct StackTools {
  resources::Resources& resources;
  docker::Engines& engines;
  base::Clock& clock;
  std::function<void(controller::Key)> wake_container;  // whose stack asks for something else
};

class StackReconciler : public controller::Reconciler {
 public:
  explicit StackReconciler(StackTools tools) : tools_(std::move(tools)) {}

  const schemas::Kind& kind() const override;
  base::Task<controller::Requeue> reconcile(controller::Key key) override;

  // The stack that a change of one of its objects is to wake.
  static std::optional<controller::Key> concerned(const resources::ObjectChange& change);

 private:
  struct Pass;
  // What a stack has to know of an object that has a child's name, by the revision that it was read at.
  struct SeenChild {
    resources::Revision revision = 0;
    std::string uid;
    std::string stamp;  // its uid, generation and labels
    Standing standing = Standing::Another;
    std::string controller;
    bool deleting = false;
    std::string adopt;           // what it was told to take over, "" for nothing
    std::string adopted;         // what it has taken over
    bool has_container = false;  // of its own, or taken over
    std::string contents;        // of a ConfigMap or Secret: their hash
    LiveChild child;
  };
  // What the last pass came to, so that a change of a child's status alone reads no file and writes no child. What is
  // lost is made again.
  struct Memory {
    std::string version;                       // of the stack, of what it refers to, and of its engine
    std::shared_ptr<StackContent> content;     // without what Secrets hold; null before the first
    std::map<ChildName, std::string> settled;  // a child's stamp, as it was applied
    std::map<ChildName, SeenChild> live;
    std::string wishes;
  };

  base::Task<controller::Requeue> run(Pass& pass);
  bool read(Pass& pass);
  static void expand(Pass& pass);
  void keep_settled(Pass& pass) const;
  SeenChild see(const Pass& pass, const ChildName& name, const resources::Object& object) const;
  static void doubt(LiveChild& child, const std::map<ChildName, SeenChild>& live);
  void take_children(Pass& pass) const;
  static std::string token_of(const Pass& pass, const StackChild& child);
  std::map<std::size_t, std::string> due(const Pass& pass) const;
  base::Task<void> converge(Pass& pass);
  base::Task<void> apply(Pass& pass, const StackChild& child, std::string uid);
  base::Task<void> remove_all(std::vector<base::Json> objects);
  base::Task<void> remove(base::Json object);
  base::Task<controller::Requeue> end(Pass& pass);
  base::Task<void> report(Pass& pass);
  void wake_containers(const Pass& pass) const;

  StackTools tools_;
  std::map<controller::Key, Memory> memory_;
};

}  // namespace berth::reconcilers
