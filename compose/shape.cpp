// SPDX-License-Identifier: Apache-2.0
#include "compose/shape.hpp"

#include <algorithm>
#include <cctype>

#include "compose/shapes.hpp"

namespace berth::compose {

namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace

const Field* Shape::find(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

const Shape* Shape::member(std::string_view name) const {
  if (kind == Kind::Map) return item.data();
  const Field* field = find(name);
  return field == nullptr ? nullptr : &field->shape;
}

Shape leaf(Kind kind, unsigned accepts) {
  Shape made;
  made.kind = kind;
  made.accepts = accepts;
  return made;
}

Shape text() { return leaf(Kind::Text, kString); }
Shape text_or_number() { return leaf(Kind::Text, kString | kNumber); }

Shape fitting(bool (*fits)(std::string_view), std::string_view form) {
  Shape made = text();
  made.fits = fits;
  made.form = form;
  return made;
}

Shape one_of(std::initializer_list<std::string_view> choices) {
  Shape made = text();
  made.choices = choices;
  return made;
}

Shape boolean() { return leaf(Kind::Bool, kBool | kString); }
Shape integer() { return leaf(Kind::Int, kInteger | kString); }
Shape number() { return leaf(Kind::Int, kNumber | kString); }
Shape real() { return leaf(Kind::Float, kNumber | kString); }
Shape bytes() { return leaf(Kind::Bytes, kNumber | kString); }
Shape duration() { return leaf(Kind::Duration, kString); }
Shape command() { return joined(leaf(Kind::Command, kNull | kString | kArray), Joins::Replace); }

Shape pairs(Kind kind) {
  Shape made = joined(leaf(kind, kObject | kArray), Joins::ByName);
  made.distinct = true;
  made.sameness = Sameness::Name;
  return made;
}

Shape options(unsigned values) {
  Shape made = leaf(Kind::Options, kObject);
  made.item.push_back(leaf(Kind::Text, values));
  return made;
}

Shape hosts() {
  Shape made = joined(leaf(Kind::Hosts, kObject | kArray), Joins::AsList);
  made.distinct = true;
  return made;
}

Shape list(Shape item) {
  Shape made = leaf(Kind::List, kArray);
  made.item.push_back(std::move(item));
  return made;
}

Shape texts() {
  Shape made = list(text());
  made.distinct = true;
  return made;
}

Shape text_or_list() {
  Shape made = joined(texts(), Joins::AsList);
  made.accepts |= kString;
  made.lengthen = [](const Json& value, const std::string&) {
    return value.is_string() ? Json(JsonArray{value}) : value;
  };
  return made;
}

Shape map(Shape item) {
  Shape made = leaf(Kind::Map, kObject);
  made.item.push_back(std::move(item));
  return made;
}

Shape named(Shape item) {
  Shape made = map(std::move(item));
  made.fits = is_name;
  made.form = "letters, digits, '.', '_' and '-'";
  return made;
}

Shape object(std::vector<Field> fields) {
  Shape made = leaf(Kind::Object, kObject);
  made.fields = std::move(fields);
  return made;
}

Shape nullable(Shape shape) {
  shape.accepts |= kNull;
  return shape;
}

Shape joined(Shape shape, Joins joins) {
  shape.joins = joins;
  return shape;
}

Shape distinct_by(Shape shape, Sameness sameness) {
  shape.sameness = sameness;
  return shape;
}

Shape path_text(PathRule rule) {
  Shape made = text();
  made.path = rule;
  return made;
}

}  // namespace berth::compose
