// SPDX-License-Identifier: Apache-2.0
#include "compose/problems.hpp"

#include "base/status.hpp"
#include "compose/secret_text.hpp"

namespace berth::compose {

std::string member_path(std::string_view path, std::string_view name) {
  std::string made(path);
  if (!made.empty()) made += '.';
  return made.append(name);
}

std::string item_path(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

void throw_if_any(const Problems& problems) {
  if (problems.empty()) return;
  base::Details details;
  std::string message;
  for (const Problem& problem : problems) {
    const std::string path = shown(problem.path);
    const std::string why = shown(problem.message);
    details.causes.push_back({"FieldValueInvalid", why, path});
    if (!message.empty()) message += "; ";
    if (!path.empty()) message += path + ": ";
    message += why;
  }
  throw base::Status(base::Reason::Invalid, message, std::move(details));
}

void refuse(std::string path, std::string message) {
  throw_if_any({{std::move(path), std::move(message)}});
  throw base::internal_error("unreachable");
}

}  // namespace berth::compose
