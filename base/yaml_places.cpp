// SPDX-License-Identifier: Apache-2.0
#include "base/yaml_places.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <deque>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace berth::base {
namespace {

struct Node;

struct Entry {
  std::string key;  // "" in a list
  YamlPlace place;
  const Node* value = nullptr;
};

// An alias is its target: nothing is copied, so a text that expands much stays small here.
struct Node {
  YamlPlace place;
  bool is_map = false;
  std::string scalar;
  std::vector<Entry> entries;
};

YamlPlace place_of(const YAML::Mark& mark) {
  return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

class Recorder : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    anchors_.clear();
    documents.emplace_back(place_of(mark).line, nullptr);
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { put(make(mark)); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& text) override {
    Node& node = make(mark);
    node.scalar = text;
    if (anchor != 0) anchors_[anchor] = &node;
    put(node);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    // One inside its own anchor, which parse_yaml() refuses, has no target yet: so nothing here goes round in circles.
    const auto target = anchors_.find(anchor);
    put(target == anchors_.end() ? make(mark) : *target->second, place_of(mark));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(mark), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Node& node = make(mark);
    node.is_map = true;
    open(node, anchor);
  }
  void OnMapEnd() override { close(); }

  std::vector<std::pair<std::size_t, const Node*>> documents;

 private:
  struct Level {
    Node* node;
    YAML::anchor_t anchor;
    const Node* key = nullptr;  // of a map, waiting for its value
  };

  Node& make(const YAML::Mark& mark) {
    Node& node = nodes_.emplace_back();
    node.place = place_of(mark);
    return node;
  }
  void put(const Node& node) { put(node, node.place); }
  void put(const Node& node, YamlPlace place) {
    if (levels_.empty()) {
      documents.back().second = &node;
      return;
    }
    Level& level = levels_.back();
    if (!level.node->is_map) {
      level.node->entries.push_back({"", place, &node});
    } else if (level.key) {
      level.node->entries.push_back({level.key->scalar, level.key->place, &node});
      level.key = nullptr;
    } else {
      level.key = &node;
    }
  }
  void open(Node& node, YAML::anchor_t anchor) {
    put(node);
    levels_.push_back({&node, anchor});
  }
  void close() {
    if (levels_.back().anchor != 0) anchors_[levels_.back().anchor] = levels_.back().node;
    levels_.pop_back();
  }

  std::deque<Node> nodes_;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, const Node*> anchors_;
};

// The last entry of this key: of a duplicate field the one that is too much. What `<<` brings counts as its own.
const Entry* entry_of(const Node& map, std::string_view key) {
  for (auto entry = map.entries.rbegin(); entry != map.entries.rend(); ++entry) {
    if (entry->key == key) return &*entry;
  }
  for (const Entry& entry : map.entries) {
    if (entry.key != "<<") continue;
    if (entry.value->is_map) return entry_of(*entry.value, key);
    for (const Entry& merged : entry.value->entries) {
      if (const Entry* found = entry_of(*merged.value, key)) return found;
    }
  }
  return nullptr;
}

std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// Whether an item is the one of `name="A",port=80`; without "=" a value of a list of values.
bool is_item(const Node& item, std::string_view keys) {
  while (!keys.empty()) {
    const std::size_t equals = keys.find('=');
    if (equals == std::string_view::npos) return item.scalar == unquoted(keys);
    const std::size_t quote = keys.find('"', equals + 2);
    const bool quoted = equals + 1 < keys.size() && keys[equals + 1] == '"' && quote != std::string_view::npos;
    const std::size_t end = std::min(keys.find(',', quoted ? quote : equals), keys.size());
    const Entry* entry = item.is_map ? entry_of(item, keys.substr(0, equals)) : nullptr;
    if (!entry || entry->value->scalar != unquoted(keys.substr(equals + 1, end - equals - 1))) return false;
    keys.remove_prefix(std::min(end + 1, keys.size()));
  }
  return true;
}

const Entry* item_of(const Node& list, std::string_view inside) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(inside.data(), inside.data() + inside.size(), index);
  if (error == std::errc() && end == inside.data() + inside.size()) {
    return index < list.entries.size() ? &list.entries[index] : nullptr;
  }
  for (const Entry& entry : list.entries) {
    if (is_item(*entry.value, inside)) return &entry;
  }
  return nullptr;
}

// The step "[...]" at the front of `path`, taken off; a quoted "]" does not end it.
std::string_view take_brackets(std::string_view& path) {
  std::size_t end = 1;
  for (bool quoted = false; end < path.size() && (quoted || path[end] != ']'); ++end) {
    if (path[end] == '"') quoted = !quoted;
  }
  const std::string_view inside = path.substr(1, end - 1);
  path.remove_prefix(std::min(end + 1, path.size()));
  return inside;
}

// Keys may hold dots: the longest that is there.
const Entry* take_field(const Node& map, std::string_view& path) {
  for (std::size_t end = path.size(); end > 0; --end) {
    if (end < path.size() && path[end] != '.' && path[end] != '[') continue;
    const Entry* entry = entry_of(map, path.substr(0, end));
    if (!entry) continue;
    path.remove_prefix(end);
    return entry;
  }
  return nullptr;
}

}  // namespace

struct YamlPlaces::Tree {
  Recorder recorder;
};

YamlPlaces::YamlPlaces(std::string_view text) : tree_(std::make_unique<Tree>()) {
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(tree_->recorder)) {
    }
  } catch (const YAML::Exception&) {
    tree_ = std::make_unique<Tree>();  // parse_yaml() has said, or will say, what is wrong with it
  }
}

YamlPlaces::~YamlPlaces() = default;
YamlPlaces::YamlPlaces(YamlPlaces&&) noexcept = default;

std::optional<YamlPlace> YamlPlaces::find(std::size_t document_line, std::string_view path) const {
  const Node* node = nullptr;
  for (const auto& [line, root] : tree_->recorder.documents) {
    if (line == document_line && root) node = root;
  }
  if (!node) return std::nullopt;
  YamlPlace place = node->place;
  while (!path.empty()) {
    if (path.front() == '.') {
      path.remove_prefix(1);
      continue;
    }
    const Entry* entry = nullptr;
    if (path.front() == '[') {
      const std::string_view inside = take_brackets(path);
      entry = node->is_map ? entry_of(*node, unquoted(inside)) : item_of(*node, inside);
    } else if (node->is_map) {
      entry = take_field(*node, path);
    }
    if (!entry) break;
    place = entry->place;
    node = entry->value;
  }
  return place;
}

}  // namespace berth::base
