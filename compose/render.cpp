// SPDX-License-Identifier: Apache-2.0
#include "compose/render.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include "compose/long_form.hpp"
#include "compose/scalars.hpp"

namespace berth::compose {

namespace {

bool is_empty(const Shape& shape, const Json& shown) {
  if (shown.is_null()) return true;
  if (shown.is_bool()) return shape.kind == Kind::Truth ? shown.get_bool() : !shown.get_bool();
  if (shown.is_number()) return shown.to_number<double>() == 0;
  if (shown.is_array()) return shown.get_array().empty();
  if (shown.is_object()) return shown.get_object().empty();
  const std::string_view text = shown.get_string();
  return text.empty() || (shape.kind == Kind::Bytes && text == "0") || (shape.kind == Kind::Duration && text == "0s");
}

Json default_of(const Shape& shape) {
  switch (shape.kind) {
    case Kind::Bool:
      return false;
    case Kind::Int:
      return 0;
    case Kind::Bytes:
      return "0";
    case Kind::Text:
      return "";
    default:
      return nullptr;
  }
}

class Rendering {
 public:
  Rendering(const Shape& shape, const std::string& path, Problems& warnings)
      : shape_(shape), path_(path), warnings_(warnings) {}

  Json of(const Json& value) const {
    switch (shape_.kind) {
      case Kind::Any:
        return value;
      case Kind::Text:
        return value.is_null() ? value : Json(scalar_text(value));
      case Kind::Bool:
      case Kind::Truth:
        return truth(value);
      case Kind::External:
        return value.is_object() ? Json(true) : truth(value);
      case Kind::Int:
      case Kind::Unsigned:
        return value.is_null() ? value : integer(value);
      case Kind::Float:
        return real(value);
      case Kind::Bytes:
        return bytes(value);
      case Kind::Duration:
        return duration(value);
      case Kind::FileMode:
        return file_mode(value);
      case Kind::Count:
        return value.is_string() && to_lower(value.get_string()) == "all" ? Json(-1) : integer(value);
      case Kind::Command:
        return command(value);
      case Kind::Test:
        return value.is_string() ? Json(JsonArray{"CMD-SHELL", value}) : value;
      case Kind::Pairs:
      case Kind::Labels:
      case Kind::Options:
        return pairs(value);
      case Kind::Repeated:
        return repeated(value);
      case Kind::Hosts:
        return hosts(value);
      case Kind::Ulimit:
        return value.is_object() ? object(value) : integer(value);
      case Kind::List:
        return list(value);
      case Kind::Map:
        return map(value);
      case Kind::Object:
        return value.is_null() ? value : object(value);
    }
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& what, const Json& found) const {
    refuse(path_, "must be " + what + ", found \"" + scalar_text(found) + "\"");
  }

  Json truth(const Json& value) const {
    if (value.is_bool()) return value;
    const auto read = read_bool(scalar_text(value));
    if (!read) fail("true or false", value);
    return *read;
  }

  Json integer(const Json& value) const {
    std::int64_t number = 0;
    if (value.is_string()) {
      const auto read = read_integer(value.get_string());
      if (!read) fail("a whole number", value);
      number = *read;
    } else if (value.is_double()) {
      if (std::fabs(value.get_double()) > 9e18) fail("a whole number of 64 bits", value);
      number = static_cast<std::int64_t>(value.get_double());
    } else if (value.is_uint64()) {
      fail("a whole number of 64 bits", value);
    } else {
      number = value.get_int64();
    }
    if (shape_.kind == Kind::Unsigned && number < 0) fail("zero or more", value);
    return number;
  }

  // To 32 bits and back, by the shortest digits, as compose keeps them.
  Json real(const Json& value) const {
    const auto read = read_real(scalar_text(value));
    if (!read || std::fabs(*read) > 3e38) fail("a number", value);
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), static_cast<float>(*read));
    return base::narrow_number(read_real({buffer.data(), end.ptr}).value_or(0));
  }

  Json bytes(const Json& value) const {
    if (value.is_double()) fail("a whole number of bytes", value);
    const auto read = read_bytes(scalar_text(value));
    if (!read) fail("a size such as 512m or 1g", value);
    return Json(std::to_string(*read));
  }

  Json duration(const Json& value) const {
    if (value.is_null()) return value;
    const auto read = read_duration(scalar_text(value));
    if (!read) fail("a duration such as 1m30s", value);
    return Json(duration_text(*read));
  }

  Json file_mode(const Json& value) const {
    std::int64_t mode = 0;
    const std::string text = scalar_text(value);
    if (value.is_string()) {
      const auto result = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
      if (result.ec != std::errc() || result.ptr != text.data() + text.size())
        fail("an octal mode such as 0440", value);
    } else if (value.is_int64()) {
      mode = value.get_int64();
    } else {
      fail("an octal mode such as 0440", value);
    }
    if (mode < 0) fail("an octal mode such as 0440", value);
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), mode, 8);
    return Json("0" + std::string(buffer.data(), end.ptr));
  }

  Json command(const Json& value) const {
    if (!value.is_string()) return value;
    const auto split = split_words(value.get_string());
    if (!split) fail("a command line with its quotes closed", value);
    if (!split->rest.empty()) {
      warnings_.push_back({path_, "no shell runs this line, and what follows its words is left out: " +
                                      std::string(split->rest) + "; write it as [sh, -c, ...]"});
    }
    JsonArray words;
    for (const std::string& word : split->words) words.push_back(Json(word));
    return words;
  }

  Json pairs(const Json& value) const {
    JsonObject made;
    const bool keeps_null = shape_.kind == Kind::Pairs;
    if (value.is_object()) {
      for (const auto& member : value.get_object()) {
        made[member.key()] = keeps_null && member.value().is_null() ? Json(nullptr) : Json(scalar_text(member.value()));
      }
      return made;
    }
    if (!value.is_array()) return value;
    for (const Json& item : value.get_array()) {
      const std::string text = scalar_text(item);
      const std::size_t equals = text.find('=');
      const std::string name = text.substr(0, equals);
      if (keeps_null && !name.empty() && std::string_view(" \t\n\v\f\r").find(name.back()) != std::string_view::npos) {
        refuse(path_, "the variable \"" + name + "\" ends with a space");
      }
      made[name] =
          equals == std::string::npos ? (keeps_null ? Json(nullptr) : Json("")) : Json(text.substr(equals + 1));
    }
    return made;
  }

  Json repeated(const Json& value) const {
    JsonObject made;
    for (const auto& member : value.get_object()) {
      JsonArray texts;
      if (member.value().is_array()) {
        for (const Json& item : member.value().get_array()) texts.push_back(Json(scalar_text(item)));
      } else {
        texts.push_back(Json(scalar_text(member.value())));
      }
      made[member.key()] = std::move(texts);
    }
    return made;
  }

  Json hosts(const Json& value) const {
    std::multimap<std::string, std::string> found;
    const auto add = [&](const std::string& name, std::string_view address) {
      if (name.empty() || name.find_first_of(":=") != std::string::npos)
        refuse(path_, "\"" + name + "\" is no host name");
      if (address.size() > 2 && address.starts_with('[') && address.ends_with(']')) {
        address = address.substr(1, address.size() - 2);
      }
      found.emplace(name, address);
    };
    if (value.is_object()) {
      for (const auto& member : value.get_object()) {
        if (member.value().is_array()) {
          for (const Json& item : member.value().get_array()) add(member.key(), scalar_text(item));
        } else {
          add(member.key(), scalar_text(member.value()));
        }
      }
    } else {
      for (const Json& item : value.get_array()) {
        const std::string text = scalar_text(item);
        std::size_t at = text.find('=');
        if (at == std::string::npos) at = text.find(':');
        if (at == std::string::npos) refuse(path_, "\"" + text + "\" has no address; write host=address");
        std::string_view addresses = std::string_view(text).substr(at + 1);
        for (std::size_t comma = 0; comma != std::string_view::npos;) {
          comma = addresses.find(',');
          add(text.substr(0, at), addresses.substr(0, comma));
          addresses.remove_prefix(comma == std::string_view::npos ? 0 : comma + 1);
        }
      }
    }
    std::vector<std::string> lines;
    for (const auto& [name, address] : found) lines.push_back(name + "=" + address);
    std::sort(lines.begin(), lines.end());
    JsonArray made;
    for (const std::string& line : lines) made.push_back(Json(line));
    return made;
  }

  Json list(const Json& value) const {
    if (value.is_string()) return JsonArray{value};
    if (!value.is_array()) return value;
    JsonArray made;
    std::size_t index = 0;
    for (const Json& item : value.get_array()) {
      made.push_back(render(shape_.item.front(), item, item_path(path_, index++), warnings_));
    }
    return made;
  }

  Json map(const Json& value) const {
    JsonObject made;
    if (!value.is_object()) return made;
    for (const auto& member : value.get_object()) {
      made[member.key()] = render(shape_.item.front(), member.value(), member_path(path_, member.key()), warnings_);
    }
    return made;
  }

  Json object(const Json& value) const {
    JsonObject made;
    const JsonObject& given = value.get_object();
    if (const Json* ignored = given.if_contains(kIgnoredOptions)) {
      for (const Json& option : ignored->get_array()) {
        warnings_.push_back({path_, "option \"" + scalar_text(option) + "\" is not known, and ignored"});
      }
    }
    for (const Field& field : shape_.fields) {
      const Json* found = given.if_contains(field.name);
      Json shown = found == nullptr ? Json() : render(field.shape, *found, member_path(path_, field.name), warnings_);
      if (shown.is_null() && field.shown == Shown::Always) {
        const bool has_parts = field.shape.kind == Kind::Object && (field.shape.accepts & kNull) == 0;
        shown = has_parts ? render(field.shape, JsonObject{}, path_, warnings_) : default_of(field.shape);
      } else if (field.shown == Shown::NotEmpty ? is_empty(field.shape, shown)
                                                : shown.is_null() && field.shown == Shown::Given) {
        continue;
      }
      made[field.shown_as.empty() ? field.name : field.shown_as] = std::move(shown);
    }
    return made;
  }

  const Shape& shape_;
  const std::string& path_;
  Problems& warnings_;
};

}  // namespace

Json render(const Shape& shape, const Json& value, const std::string& path, Problems& warnings) {
  return Rendering(shape, path, warnings).of(value);
}

}  // namespace berth::compose
