// SPDX-License-Identifier: Apache-2.0
#include "resources/patch.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/status.hpp"
#include "resources/json_pointer.hpp"

namespace berth::resources {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;

constexpr std::size_t kMostTouchedValues = 20'000'000;

base::Status does_not_apply(std::string_view op, const JsonPointer& path, std::string_view why) {
  std::string text = "the server rejected our request due to an error in our request: ";
  text.append(op).append(" operation at \"").append(path.text()).append("\": ").append(why);
  return {base::Reason::Invalid, std::move(text)};
}

class JsonPatch {
 public:
  explicit JsonPatch(Json& document) : document_(document) {}

  void apply(const JsonObject& operation) {
    const std::string_view op = string_of(operation, "op");
    const JsonPointer path(string_of(operation, "path"));
    if (op == "add") {
      add(op, path, value_of(operation));
    } else if (op == "remove") {
      remove(op, path);
    } else if (op == "replace") {
      replace(path, value_of(operation));
    } else if (op == "move") {
      move(path, JsonPointer(string_of(operation, "from")));
    } else if (op == "copy") {
      copy(path, JsonPointer(string_of(operation, "from")));
    } else if (op == "test") {
      test(path, value_of(operation));
    } else {
      throw base::bad_request("invalid JSON patch: unknown operation \"" + std::string(op) + "\"");
    }
  }

 private:
  static std::string_view string_of(const JsonObject& operation, std::string_view member) {
    const Json* value = operation.if_contains(member);
    if (value == nullptr || !value->is_string()) {
      throw base::bad_request("invalid JSON patch: an operation has no string \"" + std::string(member) + "\"");
    }
    return value->get_string();
  }

  static const Json& value_of(const JsonObject& operation) {
    const Json* value = operation.if_contains("value");
    if (value == nullptr) throw base::bad_request("invalid JSON patch: an operation has no \"value\"");
    return *value;
  }

  Json& holder_of(std::string_view op, const JsonPointer& path) {
    Json* holder = path.holder(document_);
    if (holder == nullptr || holder->is_primitive()) throw does_not_apply(op, path, "the path does not exist");
    return *holder;
  }

  void add(std::string_view op, const JsonPointer& path, Json value) {
    check_depth(path, value);
    if (path.is_root()) {
      document_ = std::move(value);
      return;
    }
    Json& holder = holder_of(op, path);
    if (JsonObject* object = holder.if_object()) {
      object->insert_or_assign(path.last(), std::move(value));
      return;
    }
    JsonArray& array = holder.get_array();
    if (path.last() == "-") {
      array.push_back(std::move(value));
      return;
    }
    const auto index = array_index(path.last(), array.size() + 1);
    if (!index) throw does_not_apply(op, path, "the index is out of range");
    count_touched(array.size() - *index);
    array.insert(array.begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
  }

  Json remove(std::string_view op, const JsonPointer& path) {
    if (path.is_root()) throw does_not_apply(op, path, "the whole object cannot be removed");
    Json& holder = holder_of(op, path);
    Json* found = child(holder, path.last());
    if (found == nullptr) throw does_not_apply(op, path, "the path does not exist");
    Json removed = std::move(*found);
    if (JsonObject* object = holder.if_object()) {
      object->erase(path.last());
    } else {
      JsonArray& array = holder.get_array();
      const std::ptrdiff_t index = found - array.data();
      count_touched(array.size() - static_cast<std::size_t>(index));
      array.erase(array.begin() + index);
    }
    return removed;
  }

  void replace(const JsonPointer& path, Json value) {
    check_depth(path, value);
    if (path.is_root()) {
      document_ = std::move(value);
      return;
    }
    Json& holder = holder_of("replace", path);
    if (JsonObject* object = holder.if_object()) {
      object->insert_or_assign(path.last(), std::move(value));
      return;
    }
    Json* element = child(holder, path.last());
    if (element == nullptr) throw does_not_apply("replace", path, "the path does not exist");
    *element = std::move(value);
  }

  void move(const JsonPointer& path, const JsonPointer& from) {
    if (from.is_above(path)) throw does_not_apply("move", path, "a value cannot move into itself");
    if (from.text() == path.text() && from.find(document_) != nullptr) return;
    add("move", path, remove("move", from));
  }

  void copy(const JsonPointer& path, const JsonPointer& from) {
    const Json* found = from.find(document_);
    if (found == nullptr) throw does_not_apply("copy", from, "the path does not exist");
    copied_ += base::to_canonical(*found).size();
    if (copied_ > kMostCopiedBytes) {
      throw base::Status(
          base::Reason::RequestEntityTooLarge,
          "the copy operations of the JSON patch add up to more than " + std::to_string(kMostCopiedBytes) + " bytes");
    }
    add("copy", path, *found);
  }

  void test(const JsonPointer& path, const Json& value) {
    const Json* found = path.find(document_);
    const Json null;
    if (!base::json_equal(found == nullptr ? null : *found, value)) {
      throw does_not_apply("test", path, "the value is another");
    }
  }

  // Moves and copies nest what each was shallow enough alone, and whoever walks the object later recurses.
  void check_depth(const JsonPointer& path, const Json& value) {
    constexpr std::size_t kMostDepth = base::JsonLimits().max_depth;
    if (path.steps() + depth_of(value) <= kMostDepth) return;
    throw base::bad_request("invalid JSON patch: it nests deeper than " + std::to_string(kMostDepth));
  }

  // The levels of containers in a value that is itself no deeper than the limit.
  std::size_t depth_of(const Json& value) {
    if (value.is_primitive()) return 0;
    std::size_t deepest = 0;
    if (const JsonArray* array = value.if_array()) {
      count_touched(array->size());
      for (const Json& element : *array) deepest = std::max(deepest, depth_of(element));
    } else {
      count_touched(value.get_object().size());
      for (const auto& member : value.get_object()) deepest = std::max(deepest, depth_of(member.value()));
    }
    return deepest + 1;
  }

  // Ten thousand insertions before a million elements are half a minute of a processor.
  void count_touched(std::size_t values) {
    touched_ += values;
    if (touched_ > kMostTouchedValues) {
      throw base::Status(base::Reason::RequestEntityTooLarge, "the JSON patch moves too many values");
    }
  }

  Json& document_;
  std::size_t copied_ = 0;
  std::size_t touched_ = 0;
};

void merge(Json& target, const JsonObject& patch) {
  if (!target.is_object()) target = JsonObject();
  JsonObject& object = target.get_object();
  for (const auto& member : patch) {
    if (member.value().is_null()) {
      object.erase(member.key());
    } else if (const JsonObject* nested = member.value().if_object()) {
      merge(object[member.key()], *nested);
    } else {
      object[member.key()] = member.value();
    }
  }
}

}  // namespace

Json apply_json_patch(Json target, const Json& patch) {
  const JsonArray* operations = patch.if_array();
  if (operations == nullptr) throw base::bad_request("invalid JSON patch: it must be a list of operations");
  if (operations->size() > kMostPatchOperations) {
    throw base::Status(base::Reason::RequestEntityTooLarge, "The allowed maximum operations in a JSON patch is " +
                                                                std::to_string(kMostPatchOperations) + ", got " +
                                                                std::to_string(operations->size()));
  }
  JsonPatch applied(target);
  for (const Json& operation : *operations) {
    if (!operation.is_object()) throw base::bad_request("invalid JSON patch: an operation must be an object");
    applied.apply(operation.get_object());
  }
  return target;
}

Json apply_merge_patch(Json target, const Json& patch) {
  if (!patch.is_object()) throw base::bad_request("invalid merge patch: it must be an object");
  merge(target, patch.get_object());
  return target;
}

}  // namespace berth::resources
