// SPDX-License-Identifier: Apache-2.0
#pragma once
// Texts made of an object for watchers who all want the same: whoever asks first makes it, the others share it. It
// remembers the newest few, because watchers are never far apart. Any thread.
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/guarded.hpp"
#include "resources/request/request.hpp"

namespace berth::api {

class SharedTexts {
 public:
  using Text = std::shared_ptr<const std::string>;

  // `form` tells apart what is made of the same object. `make` may run under a lock: it computes, and waits for
  // nothing.
  Text get(const resources::Bytes& object, std::string_view form, const std::function<std::string()>& make);

 private:
  static constexpr std::size_t kMostTexts = 64;
  static constexpr std::size_t kMostBytes = 4 * 1024 * 1024;

  struct Entry {
    resources::Bytes object;  // held, so that no other object takes its address
    std::string form;
    Text text;
    std::size_t bytes() const { return object->size() + text->size(); }
  };
  struct Newest {
    std::deque<Entry> entries;  // the newest first
    std::size_t bytes = 0;
  };
  base::Guarded<Newest> newest_;
};

}  // namespace berth::api
