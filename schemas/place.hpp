// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a walk through an object stands. A chain on the stack: the path's text is made only when there is
// something to say about it.
#include <cstddef>
#include <string>
#include <string_view>

namespace berth::schemas {

class Place {
 public:
  Place() = default;  // the object itself

  // One step further. The step points back at this place, which must outlive it and so is no temporary.
  Place field(std::string_view name) const& { return Place(this, Step::Field, name, 0); }
  Place key(std::string_view name) const& { return Place(this, Step::Key, name, 0); }
  Place item(std::size_t index) const& { return Place(this, Step::Item, {}, index); }
  Place field(std::string_view name) const&& = delete;
  Place key(std::string_view name) const&& = delete;
  Place item(std::size_t index) const&& = delete;

  // "spec.ports[0].hostPort", "metadata.labels[app]"; "" for the object itself.
  std::string text() const;

 private:
  enum class Step { Root, Field, Key, Item };
  Place(const Place* parent, Step step, std::string_view name, std::size_t index)
      : parent_(parent), step_(step), name_(name), index_(index) {}

  const Place* parent_ = nullptr;
  Step step_ = Step::Root;
  std::string_view name_;
  std::size_t index_ = 0;
};

}  // namespace berth::schemas
