// SPDX-License-Identifier: Apache-2.0
#include "compose/check.hpp"

#include <algorithm>
#include <set>

#include "compose/scalars.hpp"
#include "compose/shapes.hpp"

namespace berth::compose {

namespace {

unsigned type_of(const Json& value) {
  if (value.is_null()) return kNull;
  if (value.is_bool()) return kBool;
  if (value.is_int64() || value.is_uint64()) return kInteger;
  if (value.is_double()) return kNumber & ~kInteger;
  if (value.is_string()) return kString;
  return value.is_array() ? kArray : kObject;
}

std::string in_words(unsigned accepts) {
  std::vector<std::string> words;
  if ((accepts & kNumber) == kNumber) {
    words.push_back("a number");
  } else if ((accepts & kInteger) != 0) {
    words.push_back("a whole number");
  }
  if ((accepts & kBool) != 0) words.push_back("true or false");
  if ((accepts & kString) != 0) words.push_back("a string");
  if ((accepts & kArray) != 0) words.push_back("a list");
  if ((accepts & kObject) != 0) words.push_back("a map");
  if ((accepts & kNull) != 0) words.push_back("null");
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : &word == &words.back() ? " or " : ", ") + word;
  return text;
}

std::string found_words(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_array()) return "a list";
  if (value.is_object()) return "a map";
  return value.is_string() ? "\"" + scalar_text(value) + "\"" : scalar_text(value);
}

class Check {
 public:
  explicit Check(Problems& problems) : problems_(problems) {}

  void walk(const Shape& shape, const Json& value, const std::string& path) {
    if ((type_of(value) & shape.accepts) == 0) {
      add(path, "must be " + in_words(shape.accepts) + ", found " + found_words(value));
    } else if (value.is_string()) {
      check_text(shape, value.get_string(), path);
    } else if (value.is_int64() || value.is_uint64()) {
      check_number(shape, value, path);
    } else if (value.is_array()) {
      check_list(shape, value.get_array(), path);
    } else if (value.is_object()) {
      check_map(shape, value.get_object(), path);
    }
  }

 private:
  void add(std::string path, std::string message) { problems_.push_back({std::move(path), std::move(message)}); }

  void check_text(const Shape& shape, std::string_view text, const std::string& path) {
    const auto& choices = shape.choices;
    if (!choices.empty() && std::find(choices.begin(), choices.end(), text) == choices.end()) {
      std::string allowed;
      for (const std::string_view choice : choices) (allowed += allowed.empty() ? "" : ", ") += choice;
      add(path, "must be one of " + allowed + ", found \"" + std::string(text) + "\"");
    }
    if (shape.kind == Kind::Text && shape.fits != nullptr && !shape.fits(text)) {
      add(path, "must be of " + std::string(shape.form) + ", found \"" + std::string(text) + "\"");
    }
  }

  void check_number(const Shape& shape, const Json& value, const std::string& path) {
    const std::int64_t number = value.is_int64() ? value.get_int64() : INT64_MAX;
    if (number < shape.least)
      add(path, "must be at least " + std::to_string(shape.least) + ", found " + scalar_text(value));
    if (number > shape.most)
      add(path, "must be at most " + std::to_string(shape.most) + ", found " + scalar_text(value));
  }

  void check_list(const Shape& shape, const JsonArray& items, const std::string& path) {
    static const Shape kText = leaf(Kind::Text, kString);
    static const Shape kScalar = leaf(Kind::Text, kString | kNumber | kBool);
    const Shape& other = shape.kind == Kind::Repeated ? kScalar : kText;
    const Shape& item_shape = shape.kind == Kind::List ? shape.item.front() : other;
    std::size_t index = 0;
    std::set<std::string> known;
    for (const Json& item : items) {
      const std::string where = item_path(path, index++);
      walk(item_shape, item, where);
      if (shape.distinct && !known.insert(base::to_canonical(item)).second) add(where, "is in the list twice");
    }
  }

  void check_map(const Shape& shape, const JsonObject& map, const std::string& path) {
    for (const auto& member : map) check_member(shape, std::string(member.key()), member.value(), path);
    for (const Field& field : shape.fields) {
      if (field.required && !map.contains(field.name)) add(member_path(path, field.name), "is required");
    }
  }

  void check_member(const Shape& shape, const std::string& name, const Json& value, const std::string& path) {
    const std::string where = member_path(path, name);
    const auto accept = [&](unsigned accepts) { walk(leaf(shape.kind, accepts), value, where); };
    switch (shape.kind) {
      case Kind::Pairs:
      case Kind::Labels:
        return accept(kString | kNumber | kBool | kNull);
      case Kind::Options:
        return walk(shape.item.front(), value, where);
      case Kind::Hosts:
        return accept(kString | kArray);
      case Kind::Repeated:
        return accept(kString | kNumber | kBool | kArray);
      case Kind::Map:
        if (shape.fits != nullptr && !shape.fits(name)) add(where, "a name is of " + std::string(shape.form));
        return walk(shape.item.front(), value, where);
      default:
        break;
    }
    if (const Field* field = shape.find(name)) {
      walk(field->shape, value, where);
    } else if (!shape.any_fields && !(shape.extensible && name.starts_with("x-"))) {
      add(where, "there is no such attribute");
    }
  }

  Problems& problems_;
};

}  // namespace

Problems check(const Shape& shape, const Json& value) {
  Problems problems;
  Check(problems).walk(shape, value, "");
  return problems;
}

}  // namespace berth::compose
