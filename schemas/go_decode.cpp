// SPDX-License-Identifier: Apache-2.0
#include "schemas/go_decode.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <list>
#include <optional>
#include <utility>

#include "base/utf8.hpp"
#include "schemas/schema.hpp"

namespace berth::schemas {
namespace {

constexpr std::size_t kMostQuoted = 128;

// Where a field's Go struct is called otherwise than the field, and no x-berth-type says it.
struct GoName {
  std::string_view field;
  std::string_view name;
};
constexpr std::array<GoName, 6> kGoNames = {{{"rules", "PolicyRule"},
                                             {"subjects", "Subject"},
                                             {"secrets", "ObjectReference"},
                                             {"imagePullSecrets", "LocalObjectReference"},
                                             {"clusterRoleSelectors", "LabelSelector"},
                                             {"matchExpressions", "LabelSelectorRequirement"}}};
constexpr std::array<std::string_view, 2> kInt64 = {"generation", "deletionGracePeriodSeconds"};

std::string quoted(std::string_view text) {
  std::string out;
  base::append_quoted(out, base::truncated(text, kMostQuoted));
  return out;
}

std::string value_name(const Json& value) {
  if (value.is_object()) return "object";
  if (value.is_array()) return "array";
  if (value.is_string()) return "string";
  return value.is_bool() ? "bool" : "number";
}

bool is_time(const Schema& schema) { return schema.format != nullptr && schema.format->name == "date-time"; }
bool is_bytes(const Schema& schema) { return schema.format != nullptr && schema.format->name == "base64"; }

// time.Parse: the first part of the layout that the text does not have.
std::string time_error(const Schema& schema, std::string_view text) {
  constexpr std::array<std::string_view, 11> kParts = {"2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05"};
  const std::string layout = schema.protobuf.micros ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00";
  std::string_view rest = text;
  std::string_view missed = schema.protobuf.micros && text.find('.') == std::string_view::npos ? ".000000" : "Z07:00";
  for (const std::string_view part : kParts) {
    const bool digits = part.size() > 1;
    const bool has =
        digits ? rest.size() >= part.size() &&
                     std::ranges::all_of(rest.substr(0, part.size()), [](char c) { return c >= '0' && c <= '9'; })
               : rest.starts_with(part);
    if (!has) {
      missed = part;
      break;
    }
    rest.remove_prefix(part.size());
  }
  return "parsing time " + quoted(text) + " as " + quoted(layout) + ": cannot parse " + quoted(rest) + " as " +
         quoted(missed);
}

// Where encoding/base64 stops: at what it cannot read, or where the last group of four begins when it is not whole. It
// passes over line breaks. Nothing when the text is right.
std::optional<std::size_t> wrong_base64_at(std::string_view text) {
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  const auto after_breaks = [text](std::size_t at) {
    return std::min(text.find_first_not_of("\r\n", at), text.size());
  };
  std::size_t at = 0;
  std::size_t in_group = 0;
  while ((at = after_breaks(at)) < text.size() && is_digit(text[at])) {
    ++at;
    in_group = (in_group + 1) % 4;
  }
  if (at == text.size()) return in_group == 0 ? std::nullopt : std::optional(at - in_group);
  if (text[at] != '=' || in_group < 2) return at;
  std::size_t end = after_breaks(at + 1);
  if (in_group == 2) {
    if (end == text.size()) return end;
    if (text[end] != '=') return end - 1;
    end = after_breaks(end + 1);
  }
  return end < text.size() ? std::optional(end) : std::nullopt;
}

class GoDecoder {
 public:
  explicit GoDecoder(const Kind& kind) : kind_(kind) {}

  const std::string& error() const { return error_; }

  void read_members(const Schema& schema, std::string_view struct_name, const base::JsonObject& object) {
    for (const auto& [key, value] : object) {
      const Schema* below = schema.find(key);
      if (below == nullptr || value.is_null()) continue;
      const std::size_t before = path_.size();
      const std::string_view holder = std::exchange(struct_, struct_name);
      path_.append(path_.empty() ? "" : ".").append(key);
      read(*below, key, value);
      path_.resize(before);
      struct_ = holder;
      if (!error_.empty()) return;
    }
  }

 private:
  // `field`: the field of the struct that the value is in, perhaps in lists and maps.
  void read(const Schema& schema, std::string_view field, const Json& value) {
    if (value.is_null() || !error_.empty()) return;
    switch (schema.type) {
      case SchemaType::Object:
        if (!value.is_object()) return mismatch(schema, field, value);
        return read_members(schema, struct_of(schema, field), value.get_object());
      case SchemaType::Map:
        if (!value.is_object()) return mismatch(schema, field, value);
        for (const auto& each : value.get_object()) read(*schema.items, field, each.value());
        return;
      case SchemaType::Array:
        if (!value.is_array()) return mismatch(schema, field, value);
        for (const Json& each : value.get_array()) read(*schema.items, field, each);
        return;
      case SchemaType::String:
        return read_string(schema, field, value);
      case SchemaType::Integer:
        return read_integer(schema, field, value);
      case SchemaType::Boolean:
        if (!value.is_bool()) mismatch(schema, field, value);
        return;
      case SchemaType::IntOrString:
      case SchemaType::Any:
        return;
    }
  }

  void read_string(const Schema& schema, std::string_view field, const Json& value) {
    if (!value.is_string()) return mismatch(schema, field, value);
    const std::string_view text = value.get_string();
    if (is_time(schema) && !schema.format->check(text).empty()) error_ = time_error(schema, text);
    if (!is_bytes(schema)) return;
    if (const auto wrong = wrong_base64_at(text))
      error_ = "illegal base64 data at input byte " + std::to_string(*wrong);
  }

  void read_integer(const Schema& schema, std::string_view field, const Json& value) {
    if (!value.is_number()) return mismatch(schema, field, value);
    const bool fits = value.is_int64() && (is_int64(field) || in_int32(value.get_int64()));
    if (!fits) mismatch(schema, field, value, " " + base::to_canonical(value));
  }

  void mismatch(const Schema& schema, std::string_view field, const Json& value, const std::string& number = "") {
    error_ = "json: cannot unmarshal " + value_name(value) + number + " into Go struct field " + std::string(struct_) +
             "." + path_ + " of type " + type_of(schema, field);
  }

  static bool is_int64(std::string_view field) { return std::ranges::find(kInt64, field) != kInt64.end(); }
  static bool in_int32(std::int64_t number) {
    return number >= std::numeric_limits<std::int32_t>::min() && number <= std::numeric_limits<std::int32_t>::max();
  }

  std::string type_of(const Schema& schema, std::string_view field) {
    switch (schema.type) {
      case SchemaType::Object:
        return "v1." + std::string(struct_of(schema, field));
      case SchemaType::Map:
        return "map[string]" + type_of(*schema.items, field);
      case SchemaType::Array:
        return "[]" + type_of(*schema.items, field);
      case SchemaType::Integer:
        return is_int64(field) ? "int64" : "int32";
      case SchemaType::Boolean:
        return "bool";
      case SchemaType::String:
      case SchemaType::IntOrString:
      case SchemaType::Any:
        break;
    }
    if (is_bytes(schema)) return "[]uint8";
    return field == "uid" ? "types.UID" : "string";
  }

  std::string_view struct_of(const Schema& schema, std::string_view field) {
    if (!schema.struct_name.empty()) return schema.struct_name;
    const auto* named = std::ranges::find(kGoNames, field, &GoName::field);
    if (named != kGoNames.end()) return named->name;
    const bool part = field == "spec" || field == "status";
    std::string& made = made_.emplace_back(part ? kind_.kind : std::string());
    made.append(1, static_cast<char>(field.front() - 'a' + 'A')).append(field.substr(1));
    return made;
  }

  const Kind& kind_;
  std::string path_;
  std::string_view struct_;
  std::string error_;
  std::list<std::string> made_;  // names, which structs above are called by
};

}  // namespace

std::string go_decode_error(const Kind& kind, const Json& object) {
  GoDecoder decoder(kind);
  if (kind.built_in) {
    decoder.read_members(*kind.schema, kind.kind, object.get_object());
    return decoder.error();
  }
  const Schema* schema = kind.schema->find("metadata");
  const Json* metadata = object.get_object().if_contains("metadata");
  if (schema == nullptr || metadata == nullptr || !metadata->is_object()) return "";
  decoder.read_members(*schema, schema->struct_name, metadata->get_object());
  return decoder.error();
}

}  // namespace berth::schemas
