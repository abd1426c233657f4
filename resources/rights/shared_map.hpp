// SPDX-License-Identifier: Apache-2.0
#pragma once
// An immutable map from text that is changed by copying: a copy shares all buckets but those that differ, so a small
// change of a large map is cheap, and whoever holds an older copy reads on undisturbed.
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace berth::resources {

template <class Value>
class SharedMap {
 public:
  // Valid as long as this copy of the map.
  const Value* find(std::string_view key) const {
    const std::shared_ptr<const Bucket>& bucket = buckets_[index_of(key)];
    if (!bucket) return nullptr;
    const auto found = bucket->find(key);
    return found == bucket->end() ? nullptr : &found->second;
  }

  void set(std::string_view key, Value value) {
    auto bucket = copy_of(key);
    bucket->insert_or_assign(std::string(key), std::move(value));
    buckets_[index_of(key)] = std::move(bucket);
  }

  // Many at once, with one copy of each bucket: sets those that hold something, erases the others.
  void apply(std::unordered_map<std::string, std::optional<Value>> changes) {
    std::array<std::shared_ptr<Bucket>, kBuckets> own;
    for (auto& [key, value] : changes) {
      std::shared_ptr<Bucket>& bucket = own[index_of(key)];
      if (!bucket) bucket = copy_of(key);
      if (value) {
        bucket->insert_or_assign(key, std::move(*value));
      } else {
        bucket->erase(key);
      }
    }
    for (std::size_t i = 0; i < kBuckets; ++i) {
      if (own[i]) buckets_[i] = std::move(own[i]);
    }
  }

  void erase(std::string_view key) {
    if (find(key) == nullptr) return;
    auto bucket = copy_of(key);
    bucket->erase(bucket->find(key));
    buckets_[index_of(key)] = std::move(bucket);
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Bucket = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;
  static constexpr std::size_t kBuckets = 256;

  // The high bits: the buckets' own tables use the low ones.
  static std::size_t index_of(std::string_view key) { return (Hash()(key) >> 32) % kBuckets; }
  std::shared_ptr<Bucket> copy_of(std::string_view key) const {
    const std::shared_ptr<const Bucket>& bucket = buckets_[index_of(key)];
    return bucket ? std::make_shared<Bucket>(*bucket) : std::make_shared<Bucket>();
  }

  std::array<std::shared_ptr<const Bucket>, kBuckets> buckets_;
};

}  // namespace berth::resources
