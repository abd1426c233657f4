// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a controller runs: one kind, level-triggered. A reconciler gets only a name, reads the world, and makes it
// so; it keeps no memory per object between calls, so any pass may be the first.
#include <chrono>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "schemas/catalog.hpp"

namespace berth::controller {

struct Key {
  std::string ns;  // "" for cluster-scoped kinds
  std::string name;
  auto operator<=>(const Key&) const = default;
};

// When to look again though nothing changed. An error is thrown instead, and backs off by itself; a bad spec is a
// condition and never().
class Requeue {
 public:
  static Requeue never() { return Requeue{}; }
  static Requeue after(std::chrono::steady_clock::duration duration) { return Requeue{duration}; }
  // Something is under way that will wake the object at its end. Neither success nor failure: a backoff goes on
  // where it was.
  static Requeue when_woken() {
    Requeue requeue;
    requeue.under_way_ = true;
    return requeue;
  }
  const std::optional<std::chrono::steady_clock::duration>& delay() const { return delay_; }
  bool under_way() const { return under_way_; }

 private:
  Requeue() = default;
  explicit Requeue(std::chrono::steady_clock::duration duration) : delay_(duration) {}
  std::optional<std::chrono::steady_clock::duration> delay_;
  bool under_way_ = false;
};

class Reconciler {
 public:
  virtual ~Reconciler() = default;
  virtual const schemas::Kind& kind() const = 0;
  virtual base::Task<Requeue> reconcile(Key key) = 0;
  // What the key's passes wait for, a host's name: lanes hold each other up never. Asked often, on the loop.
  virtual std::string lane(const Key&) const { return ""; }
};

}  // namespace berth::controller
