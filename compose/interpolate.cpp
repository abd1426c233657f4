// SPDX-License-Identifier: Apache-2.0
#include "compose/interpolate.hpp"

#include "base/status.hpp"
#include "base/yaml.hpp"
#include "compose/problems.hpp"
#include "compose/scalars.hpp"

namespace berth::compose {

namespace {

constexpr std::size_t kMaxBytes = 16 * 1024 * 1024;

class Interpolation {
 public:
  Interpolation(const Lookup& lookup, Problems& warnings) : lookup_(lookup), warnings_(warnings) {}

  void walk(const Shape* shape, Json& value, const std::string& path) {
    if (value.is_string()) {
      expand(shape, value, path);
    } else if (value.is_object()) {
      for (auto& member : value.get_object()) {
        if (member.key() == base::tagged_key("!reset")) continue;  // whatever it holds is dropped
        const bool is_tag = member.key() == base::tagged_key("!override");
        const Shape* inner = shape == nullptr || is_tag ? shape : shape->member(member.key());
        walk(inner, member.value(), is_tag ? path : member_path(path, member.key()));
      }
    } else if (value.is_array()) {
      const Shape* inner = shape != nullptr && shape->kind == Kind::List ? shape->item.data() : nullptr;
      std::size_t index = 0;
      for (Json& item : value.get_array()) walk(inner, item, item_path(path, index++));
    }
  }

  void finish() const { throw_if_any(problems_); }

 private:
  void expand(const Shape* shape, Json& value, const std::string& path) {
    const std::string_view text = value.get_string();
    if (text.find('$') != std::string_view::npos) {
      try {
        const auto warn = [&](std::string_view name) {
          warnings_.push_back({path, "variable " + std::string(name) + " is not set, and taken as empty"});
        };
        value = Json(substitute(text, {lookup_.value, warn}));
      } catch (const base::Status& status) {
        problems_.push_back({path, status.message()});
        return;
      }
    }
    bytes_ += value.is_string() ? value.get_string().size() : 0;
    if (bytes_ > kMaxBytes) throw base::bad_request("variables make the file larger than 16 MiB");
    if (shape != nullptr) cast(shape->kind, value, path);
  }

  void cast(Kind kind, Json& value, const std::string& path) {
    const std::string_view text = value.get_string();
    const auto take = [&](const auto& read, const char* what) {
      if (read) {
        value = Json(*read);
      } else {
        problems_.push_back({path, "must be " + std::string(what) + ", found \"" + std::string(text) + "\""});
      }
    };
    switch (kind) {
      case Kind::Bool:
      case Kind::Truth:
      case Kind::External:
        take(read_bool(text), "true or false");
        break;
      case Kind::Int:
      case Kind::Unsigned:
      case Kind::Ulimit:
        take(read_integer(text), "a whole number");
        break;
      case Kind::Float:
        take(read_real(text), "a number");
        break;
      default:
        break;
    }
  }

  const Lookup& lookup_;
  Problems& warnings_;
  Problems problems_;
  std::size_t bytes_ = 0;
};

}  // namespace

void interpolate(const Shape& shape, Json& value, const Lookup& lookup, Problems& warnings) {
  Interpolation interpolation(lookup, warnings);
  interpolation.walk(&shape, value, "");
  interpolation.finish();
}

}  // namespace berth::compose
