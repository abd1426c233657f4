// SPDX-License-Identifier: Apache-2.0
#pragma once
// The containers of a snapshot, by id and by name. Every event replaces the snapshot, which shares with the one before
// all but what has changed: containers stand sorted in blocks, a copy takes a pointer for each block, and a change
// copies the block that it is in.
#include <array>
#include <cstddef>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "docker/container_view.hpp"

namespace berth::docker {

// Views sorted by one of their texts, which is never twice in it.
template <std::string ContainerView::* kKey>
class ViewIndex {
 public:
  static constexpr std::size_t kBlock = 32;

  // Reads as a map: the value is the text and the view.
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = std::pair<const std::string&, const ContainerViewPtr&>;
    using reference = value_type;
    struct Arrow {
      value_type value;
      const value_type* operator->() const { return &value; }
    };
    using pointer = Arrow;

    Iterator() = default;
    Iterator(const ViewIndex& index, std::size_t block, std::size_t place)
        : index_(&index), block_(block), place_(place) {}
    value_type operator*() const {
      const ContainerViewPtr& view = index_->blocks_[block_]->views[place_];
      return {(*view).*kKey, view};
    }
    Arrow operator->() const { return {**this}; }
    Iterator& operator++() {
      if (++place_ == index_->blocks_[block_]->size) {
        ++block_;
        place_ = 0;
      }
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return block_ == other.block_ && place_ == other.place_; }

   private:
    friend class ViewIndex;
    const ViewIndex* index_ = nullptr;
    std::size_t block_ = 0;
    std::size_t place_ = 0;
  };

  Iterator begin() const { return {*this, 0, 0}; }
  Iterator end() const { return {*this, blocks_.size(), 0}; }
  Iterator lower_bound(std::string_view key) const;
  Iterator find(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != end(); }
  // Throws std::out_of_range.
  const ContainerViewPtr& at(std::string_view key) const;
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Takes the place of the one with the same text.
  void put(ContainerViewPtr view);
  void erase(std::string_view key);
  // How many blocks this one does not share with the other.
  std::size_t blocks_apart(const ViewIndex& other) const;

 private:
  struct Block {
    std::size_t size = 0;
    std::array<ContainerViewPtr, kBlock> views;
  };
  using BlockPtr = std::shared_ptr<const Block>;

  // One that nobody else has, in the place of the shared one.
  Block& own(std::size_t block);
  void insert(Iterator at, ContainerViewPtr view);

  std::vector<BlockPtr> blocks_;  // none is empty
  std::size_t size_ = 0;
};

class Containers {
 public:
  using ById = ViewIndex<&ContainerView::id>;
  using Iterator = ById::Iterator;

  Iterator begin() const { return by_id_.begin(); }
  Iterator end() const { return by_id_.end(); }
  Iterator lower_bound(std::string_view id) const { return by_id_.lower_bound(id); }
  Iterator find(std::string_view id) const { return by_id_.find(id); }
  bool contains(std::string_view id) const { return by_id_.contains(id); }
  const ContainerViewPtr& at(std::string_view id) const { return by_id_.at(id); }
  std::size_t size() const { return by_id_.size(); }
  bool empty() const { return by_id_.empty(); }
  // nullptr when there is none. Of two that had the name one after the other: the later.
  const ContainerView* by_name(std::string_view name) const;

  // In the place of the one with its id.
  void put(ContainerViewPtr view);
  void erase(std::string_view id);
  std::size_t blocks_apart(const Containers& other) const;

 private:
  void release_name(const ContainerView& view);

  ById by_id_;
  ViewIndex<&ContainerView::name> by_name_;
};

}  // namespace berth::docker
