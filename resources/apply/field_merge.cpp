// SPDX-License-Identifier: Apache-2.0
// merge_fields and remove_fields of field_walk.hpp.
#include <map>
#include <set>

#include "resources/apply/field_form.hpp"
#include "resources/apply/field_walk.hpp"
#include "resources/apply/path_element.hpp"

namespace berth::resources {
namespace {

using base::JsonArray;
using base::JsonObject;

void merge(const Schema& schema, Json& value, const Json& configuration);

void merge_members(const Schema& schema, Json& value, const Json& configuration) {
  const JsonObject* wanted = configuration.if_object();
  const bool has_members = value.is_object() && !value.get_object().empty();
  if (!has_members && (wanted == nullptr || wanted->empty())) {
    value = configuration;
    return;
  }
  if (wanted == nullptr) return;
  if (!value.is_object()) value.emplace_object();
  JsonObject& members = value.get_object();
  for (const auto& member : *wanted) {
    const Schema* below = member_schema(schema, member.key());
    Json* present = members.if_contains(member.key());
    if (present == nullptr || below == nullptr) {
      members[member.key()] = member.value();
    } else {
      merge(*below, *present, member.value());
    }
  }
}

// Two lists by their items' elements. The walk through both is upstream's, which decides the order of the result.
class ListMerge {
 public:
  ListMerge(const Schema& list, const JsonArray& live, const JsonArray& wanted)
      : list_(list), live_(live), wanted_(wanted) {
    for (const Json& item : wanted_) {
      wanted_elements_.push_back(element_of(item));
      in_wanted_.insert(wanted_elements_.back());
    }
    for (const Json& item : live_) {
      live_elements_.push_back(element_of(item));
      in_live_[live_elements_.back()].push_back(&item);
    }
    for (const std::string& element : wanted_elements_) {
      if (in_live_.contains(element)) shared_.push_back(&element);
    }
  }

  JsonArray run() {
    while (live_at_ < live_.size() || wanted_at_ < wanted_.size()) step();
    return std::move(out_);
  }

 private:
  // An item without keys is like no other; validation names it.
  std::string element_of(const Json& item) {
    auto element = item_element(list_, item);
    return element ? *std::move(element) : "?" + std::to_string(++nameless_);
  }

  void step() {
    const bool live_left = live_at_ < live_.size();
    const bool wanted_left = wanted_at_ < wanted_.size();
    if (live_left && wanted_left) {
      const std::string& element = live_elements_[live_at_];
      if (element == wanted_elements_[wanted_at_]) {
        take_wanted();
        ++live_at_;
        next_shared_ += next_shared_ < shared_.size() ? 1 : 0;
        return;
      }
      const bool another_first = next_shared_ < shared_.size() && *shared_[next_shared_] != element;
      if (in_wanted_.contains(element) && another_first) {
        ++live_at_;
        return;
      }
    }
    if (live_left) {
      const std::string& element = live_elements_[live_at_];
      if (!in_wanted_.contains(element)) {
        out_.push_back(live_[live_at_++]);
        return;
      }
      if (merged_.contains(element)) ++live_at_;
    }
    if (!wanted_left) return;
    const std::string& element = wanted_elements_[wanted_at_];
    const bool was_next = next_shared_ < shared_.size() && *shared_[next_shared_] == element;
    take_wanted();
    if (was_next) ++next_shared_;
  }

  void take_wanted() {
    const std::string& element = wanted_elements_[wanted_at_];
    const Json& wanted = wanted_[wanted_at_++];
    merged_.insert(element);
    const auto present = in_live_.find(element);
    if (present == in_live_.end() || present->second.size() > 1) {  // of duplicates nobody can tell which is meant
      out_.push_back(wanted);
      return;
    }
    Json item = *present->second.front();
    merge(*list_.items, item, wanted);
    out_.push_back(std::move(item));
  }

  const Schema& list_;
  const JsonArray& live_;
  const JsonArray& wanted_;
  std::vector<std::string> live_elements_;
  std::vector<std::string> wanted_elements_;
  std::map<std::string, std::vector<const Json*>> in_live_;
  std::set<std::string> in_wanted_;
  std::vector<const std::string*> shared_;  // in the configuration's order
  std::size_t next_shared_ = 0;
  std::set<std::string> merged_;
  std::size_t live_at_ = 0;
  std::size_t wanted_at_ = 0;
  std::size_t nameless_ = 0;
  JsonArray out_;
};

void merge_items(const Schema& list, Json& value, const Json& configuration) {
  const JsonArray* live = value.if_array();
  const JsonArray* wanted = configuration.if_array();
  if (live == nullptr || live->empty()) {
    value = configuration;
  } else if (wanted != nullptr) {
    value = ListMerge(list, *live, *wanted).run();
  }
}

void merge(const Schema& schema, Json& value, const Json& configuration) {
  switch (form_of(schema, configuration)) {
    case FieldForm::Leaf:
      value = configuration;
      return;
    case FieldForm::Fields:
      return merge_members(schema, value, configuration);
    case FieldForm::Items:
      return merge_items(schema, value, configuration);
  }
}

void remove_members(const Schema& schema, JsonObject& members, const FieldSet& fields) {
  for (const FieldSet::Node& node : fields.nodes()) {
    const auto name = field_name(node.element);
    if (!name) continue;
    Json* value = members.if_contains(*name);
    if (value == nullptr) continue;
    const Schema* below = member_schema(schema, *name);
    if (node.member) {
      members.erase(*name);
    } else if (below != nullptr) {
      remove_fields(*below, *value, node.below);
    }
  }
}

void remove_items(const Schema& list, JsonArray& items, const FieldSet& fields) {
  JsonArray left;
  for (Json& item : items) {
    const auto element = item_element(list, item);
    const FieldSet::Node* node = element ? fields.find(*element) : nullptr;
    if (node != nullptr && node->member) continue;
    if (node != nullptr) remove_fields(*list.items, item, node->below);
    left.push_back(std::move(item));
  }
  items = std::move(left);
}

}  // namespace

void merge_fields(const Schema& schema, Json& object, const Json& configuration) {
  merge(schema, object, configuration);
}

void remove_fields(const Schema& schema, Json& object, const FieldSet& fields) {
  const bool is_structured = object.is_object() || object.is_array();
  const FieldForm form = form_of(schema, object);
  if (form == FieldForm::Fields && object.is_object()) remove_members(schema, object.get_object(), fields);
  if (form == FieldForm::Items && object.is_array()) remove_items(schema, object.get_array(), fields);
  const bool is_empty =
      (object.is_object() && object.get_object().empty()) || (object.is_array() && object.get_array().empty());
  if (is_empty || (form == FieldForm::Leaf && is_structured)) object = nullptr;
}

}  // namespace berth::resources
