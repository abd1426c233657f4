// SPDX-License-Identifier: Apache-2.0
#include "schemas/causes.hpp"

namespace berth::schemas {

using base::Json;

namespace {

// A message is no place for a file's content.
constexpr std::size_t kMostQuoted = 256;

std::string_view type_name(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return "null";
    case boost::json::kind::bool_:
      return "boolean";
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
      return "integer";
    case boost::json::kind::double_:
      return "number";
    case boost::json::kind::string:
      return "string";
    case boost::json::kind::array:
      return "array";
    case boost::json::kind::object:
      return "object";
  }
  return "";
}

std::string with_reason(std::string text, std::string_view why) {
  if (!why.empty()) (text += ": ") += why;
  return text;
}

}  // namespace

void Causes::add(std::string_view reason, std::string message, std::string field) {
  if (!is_full()) causes_.push_back({std::string(reason), std::move(message), std::move(field)});
}

std::vector<base::Cause> Causes::take() {
  if (is_full()) causes_.push_back({"FieldValueInvalid", "the rest is not listed", "and more"});
  return std::move(causes_);
}

std::string Causes::quote(const Json& value) const {
  if (sealed_) return "\"(sealed)\"";
  std::string text = base::to_canonical(value);
  if (text.size() <= kMostQuoted) return text;
  std::size_t end = kMostQuoted;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not inside a character
  return text.substr(0, end) + "...";
}

void Causes::required(std::string field, std::string_view why) {
  add("FieldValueRequired", with_reason("Required value", why), std::move(field));
}

void Causes::invalid(std::string field, const Json& value, std::string_view why) {
  add("FieldValueInvalid", with_reason("Invalid value: " + quote(value), why), std::move(field));
}

void Causes::invalid_key(std::string field, std::string_view key, std::string_view why) {
  add("FieldValueInvalid", with_reason("Invalid value: " + base::to_canonical(Json(key)), why), std::move(field));
}

void Causes::type_invalid(std::string field, std::string_view wanted, const Json& value) {
  const std::string type = "\"" + std::string(type_name(value)) + "\"";
  std::string message = "Invalid value: " + type + ": " + field + " in body must be of type ";
  (message += wanted) += ": " + type;
  // cpus: 0.5 in a YAML file.
  const bool scalar = value.is_number() || value.is_bool();
  if (scalar && wanted.ends_with("string")) message += ", write it in quotes";
  add("FieldValueTypeInvalid", std::move(message), std::move(field));
}

void Causes::format_invalid(std::string field, std::string_view format, const Json& value) {
  const std::string shown = quote(value);
  std::string message = "Invalid value: " + shown + ": " + field + " in body must be of type ";
  message.append(format).append(": ").append(shown);
  add("FieldValueTypeInvalid", std::move(message), std::move(field));
}

void Causes::not_supported(std::string field, const Json& value, const std::vector<std::string>& supported) {
  std::string message = "Unsupported value: " + quote(value) + ": supported values: ";
  for (std::size_t i = 0; i < supported.size(); ++i) message += (i ? ", \"" : "\"") + supported[i] + "\"";
  add("FieldValueNotSupported", std::move(message), std::move(field));
}

void Causes::duplicate(std::string field, const Json& value) {
  add("FieldValueDuplicate", "Duplicate value: " + quote(value), std::move(field));
}

void Causes::forbidden(std::string field, std::string_view why) {
  add("FieldValueForbidden", with_reason("Forbidden", why), std::move(field));
}

void Causes::too_long(std::string field, std::size_t most_bytes) {
  add("FieldValueTooLong", "Too long: may not be more than " + std::to_string(most_bytes) + " bytes", std::move(field));
}

void Causes::too_many(std::string field, std::size_t count, std::size_t most) {
  overlong_ = true;
  add("FieldValueTooMany",
      "Too many: " + std::to_string(count) + ": must have at most " + std::to_string(most) + " items",
      std::move(field));
}

}  // namespace berth::schemas
