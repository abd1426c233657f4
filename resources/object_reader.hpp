// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads: entries of the store as the objects that clients see.
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "resources/object/sealing.hpp"
#include "resources/resources.hpp"

namespace berth::resources {

// Where one object is.
struct Target {
  const Kind* kind = nullptr;
  std::string ns;  // "" for cluster-scoped kinds
  std::string name;
  std::string key;
  const Kind* seen_as = nullptr;  // the other view of the kind through which it is written
};
Target target_of(const Kind& kind, std::string ns, std::string name);

struct ListPosition;

class ObjectReader {
 public:
  ObjectReader(store::Store& store, const store::KeyRing& keys) : store_(store), keys_(keys) {}

  // The entry's wire JSON. Stored bytes as they are, unless they hold sealed fields or are of an older schema.
  Object present(const Kind& kind, store::Entry entry) const;
  // The same bytes at another revision: the last state of what left a selector.
  Object present_at(const Kind& kind, const store::Entry& entry, Revision revision) const;

  // Whether the options leave objects of the kind to open().
  template <class Options>
  static bool leaves_sealed(const Kind& kind, const Options& options) {
    return options.leave_sealed && has_sealed_fields(kind);
  }
  SecretValue open(const Kind& kind, const SealedObject& sealed) const {
    return SecretValue(text_at(kind, sealed.entry, sealed.revision));
  }

  Object get(const Kind& kind, std::string_view ns, std::string_view name) const;
  std::optional<Object> find(const Kind& kind, std::string_view ns, std::string_view name) const;
  Task<ListPage> list(const Kind& kind, std::string ns, ListOptions options) const;
  std::unique_ptr<ObjectWatch> watch(const Kind& kind, std::string ns, WatchOptions options, base::Executor loop) const;

  // Returns when the store has reached `wanted`; throws Timeout after 3 s.
  Task<void> wait_for(Revision wanted) const;

  std::optional<store::Entry> entry(const Target& target) const { return store_.get(target.key); }
  store::Store& store() const { return store_; }

 private:
  std::string text_at(const Kind& kind, const store::Entry& entry, Revision revision) const;
  // The present, or the past that `query` asks for. Throws Expired, for a later page ContinueExpired.
  Task<store::ListResult> read(const store::ListQuery& query, const ListPosition& position, ListPage& page) const;
  // Reads the past off the loop, because it is on disk. Throws TooManyRequests when enough such pages are about
  // already: each holds a copy of its own of everything that it found, until its `held` is let go.
  Task<store::ListResult> read_past(const store::ListQuery& query, ListPage& page) const;

  store::Store& store_;
  const store::KeyRing& keys_;
  std::shared_ptr<std::atomic<std::size_t>> past_pages_ = std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace berth::resources
