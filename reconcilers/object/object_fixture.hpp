// SPDX-License-Identifier: Apache-2.0
#pragma once
// The World, with Networks and Volumes in it. For tests.
#include "reconcilers/object/network_reconciler.hpp"
#include "reconcilers/object/volume_reconciler.hpp"
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers::testing {

class ObjectWorld : public World {
 public:
  using World::World;

  // `spec` is JSON text with what differs from {host: local}.
  void create_network(const std::string& name, const std::string& spec = "{}") { make("Network", name, spec); }
  void create_volume(const std::string& name, const std::string& spec = "{}") { make("Volume", name, spec); }

  // As settle(): the snapshot as the engine is, then passes until nothing is left to do or one throws.
  std::optional<base::Status> settle_network(const std::string& name) { return settle_object("Network", name); }
  std::optional<base::Status> settle_volume(const std::string& name) { return settle_object("Volume", name); }
  std::optional<base::Status> settle_object(const std::string& kind, const std::string& name) {
    refresh();
    std::optional<base::Status> error;
    loop.run_and_wait([&] { return pass_object(kind, {"default", name}, error); });
    return error;
  }

  bool exists(const std::string& kind, const std::string& name) {
    return resources->find(kind_named(kind), "default", name).has_value();
  }
  // "True Made"
  std::string said(const std::string& kind, const std::string& name, const std::string& type) {
    const Json* found = condition_in(kind, name, type);
    if (!found) return "absent";
    return std::string(base::string_at(*found, "status")) + " " + std::string(base::string_at(*found, "reason"));
  }
  std::string words(const std::string& kind, const std::string& name, const std::string& type) {
    const Json* found = condition_in(kind, name, type);
    return found ? std::string(base::string_at(*found, "message")) : "absent";
  }
  std::string fact(const std::string& kind, const std::string& name, const std::string& member) {
    return std::string(base::string_at(get(name, kind), "status." + member));
  }

  // No call to the engine, no write to the store.
  void expect_object_steady(const std::string& kind, const std::string& name) {
    refresh();
    const std::uint64_t calls = engine.total();
    const store::Revision revision = resources->revision();
    const std::size_t records = audit_records();
    std::optional<base::Status> error;
    loop.run_and_wait([&] { return pass_object(kind, {"default", name}, error); });
    EXPECT_FALSE(error);
    EXPECT_EQ(engine.total(), calls) << "a converged pass calls nobody";
    EXPECT_EQ(resources->revision(), revision) << "a converged pass writes nothing";
    EXPECT_EQ(audit_records(), records);
  }

  NameWaits waits;

 private:
  void make(const std::string& kind, const std::string& name, const std::string& spec) {
    Json object = base::JsonObject{{"apiVersion", "berth.dev/v1"},
                                   {"kind", kind},
                                   {"metadata", base::JsonObject{{"name", name}}},
                                   {"spec", base::JsonObject{{"host", "local"}}}};
    const Json more = base::parse_json(spec);
    for (const auto& [key, value] : more.as_object()) object.at("spec").as_object()[key] = value;
    create_object(kind, base::to_canonical(object));
  }
  const Json* condition_in(const std::string& kind, const std::string& name, const std::string& type) {
    object_ = get(name, kind);
    const Json* conditions = base::find_path(object_, "status.conditions");
    if (!conditions) return nullptr;
    for (const Json& one : conditions->as_array()) {
      if (base::string_at(one, "type") == type) return &one;
    }
    return nullptr;
  }
  Task<void> pass_object(std::string kind, Key key, std::optional<base::Status>& error) {
    const ObjectTools tools{*resources, *engines, clock, waits};
    std::unique_ptr<controller::Reconciler> reconciler;
    if (kind == "Network") {
      reconciler = std::make_unique<NetworkReconciler>(tools);
    } else {
      reconciler = std::make_unique<VolumeReconciler>(tools);
    }
    std::exception_ptr thrown;
    try {
      const Requeue again = co_await reconciler->reconcile(key);
      EXPECT_FALSE(again.delay());
    } catch (...) {
      thrown = std::current_exception();
    }
    if (thrown) error = base::to_status(thrown);
  }

  Json object_;
};

}  // namespace berth::reconcilers::testing
