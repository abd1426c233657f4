// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/new_fields.hpp"

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <string>
#include <vector>

#include "resources/apply/field_form.hpp"
#include "resources/apply/path_element.hpp"

namespace berth::resources {
namespace {

using Member = base::JsonObject::value_type;
using schemas::Property;
using schemas::Schema;

// A member that the schema declares, and what it declares.
struct Declared {
  const Member* member;
  const Schema* schema;
  const Property* property;  // nullptr of an entry of a map
};
using Members = boost::container::small_vector<Declared, 32>;

void append_fields(const Schema& schema, const Json& value, std::string& out);
void append_members(const Schema& schema, const base::JsonObject& object, std::string& out);

// By name.
Members declared(const Schema& schema, const base::JsonObject& object) {
  Members members;
  for (const Member& member : object) {
    if (schema.type != schemas::SchemaType::Object) {
      const Schema* below = member_schema(schema, member.key());
      if (below != nullptr) members.push_back({&member, below, nullptr});
    } else if (const Property* property = schema.property(member.key())) {
      members.push_back({&member, property->schema.get(), property});
    }
  }
  // Properties are in the order of their names.
  std::ranges::sort(members, [](const Declared& a, const Declared& b) {
    return a.property != nullptr ? a.property < b.property : a.member->key() < b.member->key();
  });
  return members;
}

void append_field(const Declared& field, std::string& out) {
  const auto& [member, below, property] = field;
  const std::size_t start = out.size();
  if (out.back() != '{') out.push_back(',');
  if (property != nullptr) {
    out.append(property->managed);
  } else {
    const std::size_t quote = out.size();
    base::append_quoted(out, member->key());
    out.insert(quote + 1, "f:").push_back(':');
  }
  if (!below->always || form_of(*below, member->value()) != FieldForm::Fields || !member->value().is_object()) {
    return append_fields(*below, member->value(), out);
  }
  // It was there before it was set: only what is below it is anybody's.
  out.push_back('{');
  const std::size_t first = out.size();
  append_members(*below, member->value().get_object(), out);
  if (out.size() == first) return out.resize(start);
  out.push_back('}');
}

void append_members(const Schema& schema, const base::JsonObject& object, std::string& out) {
  for (const Declared& field : declared(schema, object)) append_field(field, out);
}

struct Item {
  std::string element;
  const Json* value;
};

void append_items(const Schema& list, const base::JsonArray& items, std::string& out) {
  std::vector<Item> found;
  found.reserve(items.size());
  for (const Json& item : items) {
    if (auto element = item_element(list, item)) found.push_back({*std::move(element), &item});
  }
  std::ranges::sort(found, {}, &Item::element);
  for (auto at = found.begin(); at != found.end();) {
    const auto next = std::find_if(at, found.end(), [at](const Item& item) { return item.element != at->element; });
    out.push_back(',');
    base::append_quoted(out, at->element);
    out.push_back(':');
    // Duplicates are one field: nobody can tell which is meant.
    if (next - at > 1) {
      out.append("{}");
    } else {
      append_fields(*list.items, *at->value, out);
    }
    at = next;
  }
}

// A field that is there now, and what is below it: {} or {".":{},...}.
void append_fields(const Schema& schema, const Json& value, std::string& out) {
  const FieldForm form = form_of(schema, value);
  if (form == FieldForm::Leaf) {
    out.append("{}");
    return;
  }
  const std::size_t start = out.size();
  out.append(R"({".":{})");
  const std::size_t below = out.size();
  if (form == FieldForm::Fields && value.is_object()) {
    append_members(schema, value.get_object(), out);
  } else if (form == FieldForm::Items && value.is_array()) {
    append_items(schema, value.get_array(), out);
  }
  if (out.size() == below) out.resize(start + 1);
  out.push_back('}');
}

// What the server or the URL says has no manager.
template <std::size_t count>
void append_but(const std::array<std::string_view, count>& unmanaged, const Schema& schema,
                const base::JsonObject& object, std::string& out) {
  for (const Declared& field : declared(schema, object)) {
    if (std::ranges::find(unmanaged, std::string_view(field.member->key())) != unmanaged.end()) continue;
    append_field(field, out);
  }
}

void append_metadata(const Schema& schema, const base::JsonObject& object, std::string& out) {
  static constexpr std::array<std::string_view, 9> kUnmanaged{"name",       "namespace",     "creationTimestamp",
                                                              "selfLink",   "uid",           "clusterName",
                                                              "generation", "managedFields", "resourceVersion"};
  const std::size_t start = out.size();
  out.append(out.back() == '{' ? R"("f:metadata":{)" : R"(,"f:metadata":{)");
  const std::size_t below = out.size();
  append_but(kUnmanaged, schema, object, out);
  if (out.size() == below) return out.resize(start);
  out.push_back('}');
}

}  // namespace

std::string managed_text_of_new(const Kind& kind, const Json& object, const FieldWriter& writer) {
  std::string out;
  out.reserve(2048);
  out.append(R"([{"apiVersion":)");
  base::append_quoted(out, kind.api_version());
  out.append(R"(,"fieldsType":"FieldsV1","fieldsV1":{)");
  const std::size_t fields = out.size();
  for (const Declared& field : declared(*kind.schema, object.as_object())) {
    const std::string_view name = field.member->key();
    if (name == "apiVersion" || name == "kind" || name == "status") continue;
    if (name == "metadata" && field.member->value().is_object()) {
      append_metadata(*field.schema, field.member->value().get_object(), out);
      continue;
    }
    append_field(field, out);
  }
  if (out.size() == fields) return {};
  out.append(R"(},"manager":)");
  base::append_quoted(out, writer.manager.empty() ? "unknown" : writer.manager);
  out.append(R"(,"operation":"Update","time":)");
  base::append_quoted(out, base::format_time(std::chrono::floor<std::chrono::seconds>(writer.now)));
  out.append("}]");
  return out;
}

}  // namespace berth::resources
