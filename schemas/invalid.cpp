// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "schemas/admit.hpp"

namespace berth::schemas {

base::Status invalid(const Kind& kind, std::string_view name, std::vector<base::Cause> causes) {
  std::vector<std::string> lines;
  for (const base::Cause& cause : causes) {
    std::string line = cause.field + ": " + cause.message;
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(std::move(line));
  }
  std::string what;
  for (const std::string& line : lines) what += (what.empty() ? "" : ", ") + line;
  if (lines.size() > 1) what = "[" + what + "]";
  const std::string qualified = kind.group.empty() ? kind.kind : kind.kind + "." + kind.group;
  base::Details details;
  details.name = name;
  details.group = kind.group;
  details.kind = kind.kind;
  details.causes = std::move(causes);
  std::string message = qualified + " \"" + std::string(name) + "\" is invalid";
  if (!what.empty()) message += ": " + what;
  return base::Status(base::Reason::Invalid, std::move(message), std::move(details));
}

}  // namespace berth::schemas
