// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one list of an engine told, shared by every snapshot until the next list: a container's event replaces the
// snapshot, and must not copy each image of the host. Reads as the map that it is.
#include <map>
#include <memory>
#include <string>

#include "base/json.hpp"

namespace berth::docker {

class Listed {
 public:
  using Map = std::map<std::string, base::Json>;

  Listed() : Listed(Map{}) {}
  explicit Listed(Map map) : map_(std::make_shared<const Map>(std::move(map))) {}

  operator const Map&() const { return *map_; }
  Map::const_iterator begin() const { return map_->begin(); }
  Map::const_iterator end() const { return map_->end(); }
  Map::const_iterator find(const std::string& key) const { return map_->find(key); }
  bool contains(const std::string& key) const { return map_->contains(key); }
  std::size_t size() const { return map_->size(); }
  bool operator==(const Listed& other) const { return map_ == other.map_ || *map_ == *other.map_; }

 private:
  std::shared_ptr<const Map> map_;
};

}  // namespace berth::docker
