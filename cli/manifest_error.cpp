// SPDX-License-Identifier: Apache-2.0
#include "cli/manifest_error.hpp"

#include <algorithm>

#include "base/yaml_places.hpp"

namespace berth::cli {
namespace {

struct Cause {
  std::string text;
  std::string field;  // "" when it is about none
};

struct Parts {
  std::string head;
  std::vector<Cause> causes;
};

// `Container.berth.dev "web" is invalid: [spec.image: Required value, ...]`: the same causes are in the details.
Parts invalid_parts(const base::Status& status) {
  constexpr std::string_view kInvalid = " is invalid: ";
  const auto list = status.message().find(kInvalid);
  if (list == std::string::npos) return {};
  Parts parts{status.message().substr(0, list) + " is invalid", {}};
  for (const base::Cause& cause : status.details().causes) {
    parts.causes.push_back({cause.field.empty() ? cause.message : cause.field + ": " + cause.message, cause.field});
  }
  return parts;
}

// `unknown field "spec.a"`
std::string quoted_in(std::string_view text) {
  const auto open = text.find('"');
  const auto close = text.rfind('"');
  return open < close ? std::string(text.substr(open + 1, close - open - 1)) : "";
}

// `...: strict decoding error: unknown field "spec.a", duplicate field "spec.b"`: in the text only.
Parts strict_parts(const std::string& message) {
  constexpr std::string_view kStrict = "strict decoding error: ";
  constexpr std::string_view kSeparator = ", ";
  const auto strict = message.find(kStrict);
  if (strict == std::string::npos) return {};
  Parts parts{message.substr(0, strict) + "strict decoding error", {}};
  std::string_view rest = std::string_view(message).substr(strict + kStrict.size());
  while (!rest.empty()) {
    std::size_t end = std::string_view::npos;
    for (const char* next : {", unknown field ", ", duplicate field ", ", and "}) end = std::min(end, rest.find(next));
    parts.causes.push_back({std::string(rest.substr(0, end)), quoted_in(rest.substr(0, end))});
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + kSeparator.size());
  }
  return parts;
}

// `failed to create typed patch object (default/web; berth.dev/v1, Kind=Container): .spec.a: field not declared in
// schema`, or `... errors:` and a line for each.
Parts typed_parts(const std::string& message) {
  constexpr std::string_view kSeveral = ": errors:\n";
  constexpr std::string_view kOne = "): .";
  if (!message.starts_with("failed to create typed ")) return {};
  const auto several = message.find(kSeveral);
  const auto one = message.find(kOne);
  if (several == std::string::npos && one == std::string::npos) return {};
  const bool listed = several != std::string::npos;
  Parts parts{message.substr(0, listed ? several + kSeveral.size() - 2 : one + 1), {}};
  std::string_view rest = std::string_view(message).substr(listed ? several + kSeveral.size() : one + kOne.size() - 1);
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    parts.causes.push_back({std::string(line), std::string(line.substr(0, line.find(": ")))});
  }
  return parts;
}

class Places {
 public:
  explicit Places(const Manifest& manifest) : manifest_(manifest) {
    if (manifest.text) places_.emplace(*manifest.text);
  }

  // "web.yaml:9:5", "" when it is not known.
  std::string of(const std::string& field) const {
    const std::string path = manifest_.item + (field.starts_with('.') || field.starts_with('[') ? "" : ".") + field;
    if (field.empty() || !places_) return "";
    const auto place = places_->find(manifest_.line, path);
    if (!place) return "";
    return manifest_.file + ":" + std::to_string(place->line) + ":" + std::to_string(place->column);
  }

 private:
  const Manifest& manifest_;
  std::optional<base::YamlPlaces> places_;
};

}  // namespace

base::Status manifest_error(const base::Status& status, const Manifest& manifest) {
  Parts parts = invalid_parts(status);
  if (parts.causes.empty()) parts = strict_parts(status.message());
  if (parts.causes.empty()) parts = typed_parts(status.message());
  std::string source = manifest.source;
  std::string text = status.message();
  if (!parts.causes.empty()) {
    const Places places(manifest);
    if (parts.causes.size() == 1) {
      const std::string place = places.of(parts.causes.front().field);
      if (!place.empty()) source = place;
    } else {
      text = parts.head + ":";
      for (const Cause& cause : parts.causes) {
        const std::string place = places.of(cause.field);
        text += "\n  " + place + (place.empty() ? "" : ": ") + cause.text;
      }
    }
  }
  const base::Status listed(status.reason(), std::move(text), status.details());
  return status.message().starts_with(manifest.source) ? listed : listed.with_prefix(source);
}

}  // namespace berth::cli
