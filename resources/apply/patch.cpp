// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/patch.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/status.hpp"
#include "resources/apply/json_pointer.hpp"
#include "resources/apply/null_members.hpp"

namespace berth::resources {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;

constexpr std::size_t kMostTouchedValues = 20'000'000;

base::Status does_not_apply(std::string_view why) {
  return {base::Reason::Invalid, "the server rejected our request due to an error in our request: " + std::string(why)};
}

base::Status does_not_apply(std::string_view op, const JsonPointer& path, std::string_view why) {
  return does_not_apply(std::string(op) + " operation at \"" + path.text() + "\": " + std::string(why));
}

// Before any operation is carried out: what cannot be an operation at all.
void check_types(const Json& operation) {
  if (operation.is_null()) return;
  if (!operation.is_object()) throw base::bad_request("error decoding patch: an operation must be an object");
  for (const std::string_view member : {"op", "path", "from"}) {
    const Json* value = operation.get_object().if_contains(member);
    if (value == nullptr || value->is_null() || value->is_string()) continue;
    throw base::bad_request("error decoding patch: \"" + std::string(member) + "\" of an operation must be a string");
  }
}

class JsonPatch {
 public:
  explicit JsonPatch(Json& document) : document_(document) {}

  void apply(const Json& operation) {
    const JsonObject none;
    const JsonObject& members = operation.is_object() ? operation.get_object() : none;
    const std::string_view op = base::string_at(operation, "op");
    if (op == "add") {
      add(op, pointer_at(members, op, "path"), value_of(members));
    } else if (op == "remove") {
      remove(op, pointer_at(members, op, "path"));
    } else if (op == "replace") {
      replace(pointer_at(members, op, "path"), value_of(members));
    } else if (op == "move") {
      move(pointer_at(members, op, "path"), pointer_at(members, op, "from"));
    } else if (op == "copy") {
      copy(pointer_at(members, op, "path"), pointer_at(members, op, "from"));
    } else if (op == "test") {
      test(pointer_at(members, op, "path"), value_of(members));
    } else {
      throw does_not_apply("Unexpected kind: " + std::string(op.empty() ? "unknown" : op));
    }
  }

 private:
  static JsonPointer pointer_at(const JsonObject& operation, std::string_view op, std::string_view member) {
    const Json* value = operation.if_contains(member);
    if (value != nullptr && value->is_string()) return JsonPointer(value->get_string());
    throw does_not_apply(std::string(op) + " operation has no \"" + std::string(member) + "\"");
  }

  // An absent value is null.
  static Json value_of(const JsonObject& operation) {
    const Json* value = operation.if_contains("value");
    return value == nullptr ? Json() : *value;
  }

  // The map or list that a path's last step is taken in. No operation but replace and test takes the root.
  Json& holder_of(std::string_view op, const JsonPointer& path) {
    Json* holder = path.holder(document_);
    if (holder == nullptr || holder->is_primitive()) throw does_not_apply(op, path, "the path does not exist");
    return *holder;
  }

  // A member that is not there reads as null; an index that is not there does not.
  const Json* read(std::string_view op, const JsonPointer& path) {
    Json& holder = holder_of(op, path);
    const Json* found = child(holder, path.last());
    if (found == nullptr && holder.is_array()) throw does_not_apply(op, path, "the index is out of range");
    return found;
  }

  void add(std::string_view op, const JsonPointer& path, Json value) {
    check_depth(path, value);
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
      if (value.is_primitive()) throw does_not_apply("replace", path, "the value must be an object or an array");
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

  void move(const JsonPointer& path, const JsonPointer& from) { add("move", path, remove("move", from)); }

  void copy(const JsonPointer& path, const JsonPointer& from) {
    const Json* found = read("copy", from);
    Json value = found == nullptr ? Json() : *found;
    copied_ += base::to_canonical(value).size();
    if (copied_ > kMostCopiedBytes) {
      throw base::Status(
          base::Reason::RequestEntityTooLarge,
          "the copy operations of the JSON patch add up to more than " + std::to_string(kMostCopiedBytes) + " bytes");
    }
    add("copy", path, std::move(value));
  }

  void test(const JsonPointer& path, const Json& value) {
    const Json null;
    const Json* found = path.is_root() ? &document_ : read("test", path);
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

void merge(JsonObject& object, const JsonObject& patch) {
  for (const auto& member : patch) {
    if (member.value().is_null()) {
      object.erase(member.key());
      continue;
    }
    Json& target = object[member.key()];
    if (target.is_object() && member.value().is_object()) {
      merge(target.get_object(), member.value().get_object());
      continue;
    }
    // Upstream leaves a list alone that replaces an object.
    const bool as_it_is = target.is_object();
    target = member.value();
    if (!as_it_is) drop_nulls(target);
  }
}

}  // namespace

Json apply_json_patch(Json target, const Json& patch) {
  const JsonArray* operations = patch.if_array();
  if (operations == nullptr) throw base::bad_request("error decoding patch: it must be a list of operations");
  if (operations->size() > kMostPatchOperations) {
    throw base::Status(base::Reason::RequestEntityTooLarge, "The allowed maximum operations in a JSON patch is " +
                                                                std::to_string(kMostPatchOperations) + ", got " +
                                                                std::to_string(operations->size()));
  }
  for (const Json& operation : *operations) check_types(operation);
  JsonPatch applied(target);
  for (const Json& operation : *operations) applied.apply(operation);
  return target;
}

Json apply_merge_patch(Json target, const Json& patch) {
  if (!patch.is_object()) throw base::bad_request("error decoding patch: it must be an object");
  if (!target.is_object()) target = JsonObject();
  merge(target.get_object(), patch.get_object());
  return target;
}

}  // namespace berth::resources
