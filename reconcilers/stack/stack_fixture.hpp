// SPDX-License-Identifier: Apache-2.0
#pragma once
// The World, with ComposeStacks and all that they stand for. For tests.
#include "reconcilers/object/object_fixture.hpp"
#include "reconcilers/stack/stack_reconciler.hpp"

namespace berth::reconcilers::testing {

class StackWorld : public ObjectWorld {
 public:
  using ObjectWorld::ObjectWorld;

  // `more` is members of the spec beside host and compose: R"("profiles":["a"],)".
  void create_stack(const std::string& compose, const std::string& more = "", const std::string& name = "shop") {
    std::string text;
    base::append_quoted(text, compose);
    create_object("ComposeStack", R"({"apiVersion":"berth.dev/v1","kind":"ComposeStack","metadata":{"name":")" + name +
                                      R"("},"spec":{"host":"local",)" + more + R"("compose":)" + text + "}}");
  }
  void change_stack(const std::string& compose) {
    std::string text;
    base::append_quoted(text, compose);
    patch("shop", R"({"spec":{"compose":)" + text + "}}", "ComposeStack");
  }

  // One pass over the stack.
  Requeue pass_stack(const std::string& name = "shop") {
    Requeue again = Requeue::never();
    fake_engine::on_loop(loop, pass_task({"default", name}, again));
    return again;
  }
  // The stack and its objects, until nothing moves.
  void settle_stack(const std::string& name = "shop") {
    for (int round = 0; round < 20; ++round) {
      const store::Revision before = resources->revision();
      pass_stack(name);
      for (const char* kind : {"Network", "Volume"}) {
        for (const std::string& child : names(kind)) settle_object(kind, child);
      }
      for (const std::string& child : names("Container")) settle(child);
      if (resources->revision() == before) return;
    }
    ADD_FAILURE() << "the stack never settles";
  }

  std::vector<std::string> names(const std::string& kind) {
    std::vector<std::string> found;
    for (const Json& object : list(kind)) {
      if (base::string_at(object, "metadata.namespace") == "default") {
        found.emplace_back(base::string_at(object, "metadata.name"));
      }
    }
    return found;
  }
  schemas::ComposeStackStatus stack_status(const std::string& name = "shop") {
    return schemas::decode_compose_stack(get(name, "ComposeStack")).status;
  }

  std::vector<Key> woken;
  std::optional<StackReconciler> stacks;

 private:
  Task<void> pass_task(Key key, Requeue& again) {
    if (!stacks) {
      stacks.emplace(StackTools{*resources, *engines, clock, [this](Key each) { woken.push_back(std::move(each)); }});
    }
    again = co_await stacks->reconcile(key);
  }
};

}  // namespace berth::reconcilers::testing
