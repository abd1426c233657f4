// SPDX-License-Identifier: Apache-2.0
#include "cli/manifest_error.hpp"

#include <algorithm>

namespace berth::cli {
namespace {

struct Parts {
  std::string head;
  std::vector<std::string> causes;
};

// `Container.berth.dev "web" is invalid: [spec.image: Required value, ...]`: the same causes are in the details.
Parts invalid_parts(const base::Status& status) {
  constexpr std::string_view kList = " is invalid: [";
  const auto list = status.message().find(kList);
  if (list == std::string::npos || status.details().causes.size() < 2) return {};
  Parts parts{status.message().substr(0, list) + " is invalid", {}};
  for (const base::Cause& cause : status.details().causes) {
    parts.causes.push_back(cause.field.empty() ? cause.message : cause.field + ": " + cause.message);
  }
  return parts;
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
    parts.causes.emplace_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + kSeparator.size());
  }
  return parts.causes.size() < 2 ? Parts() : parts;
}

}  // namespace

base::Status manifest_error(const base::Status& status, const std::string& source) {
  Parts parts = invalid_parts(status);
  if (parts.causes.empty()) parts = strict_parts(status.message());
  std::string text = parts.causes.empty() ? status.message() : parts.head + ":";
  for (const std::string& cause : parts.causes) text += "\n  " + cause;
  const base::Status listed(status.reason(), std::move(text), status.details());
  return status.message().starts_with(source) ? listed : listed.with_prefix(source);
}

}  // namespace berth::cli
