// SPDX-License-Identifier: Apache-2.0
#include "docker/containers.hpp"

#include <algorithm>
#include <stdexcept>

namespace berth::docker {

template <std::string ContainerView::* kKey>
typename ViewIndex<kKey>::Iterator ViewIndex<kKey>::lower_bound(std::string_view key) const {
  const auto block = std::ranges::partition_point(
      blocks_, [key](const BlockPtr& each) { return (*each->views[each->size - 1]).*kKey < key; });
  if (block == blocks_.end()) return end();
  const auto views = (*block)->views.begin();
  const auto place = std::partition_point(views, views + (*block)->size,
                                          [key](const ContainerViewPtr& each) { return (*each).*kKey < key; });
  return {*this, static_cast<std::size_t>(block - blocks_.begin()), static_cast<std::size_t>(place - views)};
}

template <std::string ContainerView::* kKey>
typename ViewIndex<kKey>::Iterator ViewIndex<kKey>::find(std::string_view key) const {
  const Iterator found = lower_bound(key);
  return found != end() && found->first == key ? found : end();
}

template <std::string ContainerView::* kKey>
const ContainerViewPtr& ViewIndex<kKey>::at(std::string_view key) const {
  const Iterator found = find(key);
  if (found == end()) throw std::out_of_range("no such container");
  return (*found).second;
}

template <std::string ContainerView::* kKey>
typename ViewIndex<kKey>::Block& ViewIndex<kKey>::own(std::size_t block) {
  auto mine = std::make_shared<Block>(*blocks_[block]);
  Block& made = *mine;
  blocks_[block] = std::move(mine);
  return made;
}

template <std::string ContainerView::* kKey>
void ViewIndex<kKey>::put(ContainerViewPtr view) {
  const Iterator at = lower_bound((*view).*kKey);
  if (at != end() && at->first == (*view).*kKey) {
    own(at.block_).views[at.place_] = std::move(view);
  } else {
    insert(at, std::move(view));
  }
}

// A full block is split in two, but one that only grows at its end stays full: ids are put in their order when a host
// is listed.
template <std::string ContainerView::* kKey>
void ViewIndex<kKey>::insert(Iterator at, ContainerViewPtr view) {
  ++size_;
  const bool last = at == end();
  if (last && (blocks_.empty() || blocks_.back()->size == kBlock)) {
    auto fresh = std::make_shared<Block>();
    fresh->size = 1;
    fresh->views[0] = std::move(view);
    blocks_.push_back(std::move(fresh));
    return;
  }
  std::size_t block = last ? blocks_.size() - 1 : at.block_;
  std::size_t place = last ? blocks_[block]->size : at.place_;
  if (blocks_[block]->size == kBlock) {
    Block& low = own(block);
    auto high = std::make_shared<Block>();
    std::move(low.views.begin() + kBlock / 2, low.views.end(), high->views.begin());
    low.size = kBlock / 2;
    high->size = kBlock - kBlock / 2;
    blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(block) + 1, std::move(high));
    if (place > kBlock / 2) {
      ++block;
      place -= kBlock / 2;
    }
  }
  Block& into = own(block);
  std::move_backward(into.views.begin() + place, into.views.begin() + into.size, into.views.begin() + into.size + 1);
  into.views[place] = std::move(view);
  ++into.size;
}

template <std::string ContainerView::* kKey>
void ViewIndex<kKey>::erase(std::string_view key) {
  const Iterator at = find(key);
  if (at == end()) return;
  --size_;
  if (blocks_[at.block_]->size == 1) {
    blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(at.block_));
    return;
  }
  Block& from = own(at.block_);
  std::move(from.views.begin() + at.place_ + 1, from.views.begin() + from.size, from.views.begin() + at.place_);
  from.views[--from.size].reset();
}

template <std::string ContainerView::* kKey>
std::size_t ViewIndex<kKey>::blocks_apart(const ViewIndex& other) const {
  return static_cast<std::size_t>(std::ranges::count_if(blocks_, [&other](const BlockPtr& each) {
    return std::ranges::find(other.blocks_, each) == other.blocks_.end();
  }));
}

template class ViewIndex<&ContainerView::id>;
template class ViewIndex<&ContainerView::name>;

const ContainerView* Containers::by_name(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : (*found).second.get();
}

// Its name may be another container's by now.
void Containers::release_name(const ContainerView& view) {
  if (by_name(view.name) == &view) by_name_.erase(view.name);
}

void Containers::put(ContainerViewPtr view) {
  const Iterator before = find(view->id);
  if (before != end() && before->second->name != view->name) release_name(*before->second);
  by_name_.put(view);
  by_id_.put(std::move(view));
}

void Containers::erase(std::string_view id) {
  const Iterator found = find(id);
  if (found == end()) return;
  release_name(*(*found).second);
  by_id_.erase(id);
}

std::size_t Containers::blocks_apart(const Containers& other) const {
  return by_id_.blocks_apart(other.by_id_) + by_name_.blocks_apart(other.by_name_);
}

}  // namespace berth::docker
