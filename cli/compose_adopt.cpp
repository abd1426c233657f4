// SPDX-License-Identifier: Apache-2.0
// What others have made of a project: taken over, or warned of.
#include <algorithm>
#include <ostream>

#include "base/status.hpp"
#include "cli/compose.hpp"
#include "cli/printable.hpp"

namespace berth::cli {
namespace {

constexpr const char* kAdopt = "berth.dev/adopt";

bool asks_to_adopt(const Json& manifest) {
  const Json* annotations = base::find_path(manifest, "metadata.annotations");
  return annotations != nullptr && annotations->is_object() && annotations->get_object().contains(kAdopt);
}

std::string label_at(const Json& container, const char* label) {
  const Json* labels = base::find_path(container, "metadata.labels");
  const Json* value = labels == nullptr || !labels->is_object() ? nullptr : labels->get_object().if_contains(label);
  return value == nullptr || !value->is_string() ? "" : std::string(value->get_string());
}

}  // namespace

void ask_to_adopt(DeclaredStack& stack) {
  stack.wanted.at("metadata").as_object()["annotations"] = base::JsonObject{{kAdopt, "project"}};
}

std::vector<std::string> strangers_among(const base::JsonArray& containers) {
  std::vector<std::string> names;
  for (const Json& container : containers) {
    const bool managed =
        !base::string_at(container, "managed").empty() || !label_at(container, "berth.dev/instance").empty();
    if (managed || label_at(container, "com.docker.compose.oneoff") == "True") continue;
    names.emplace_back(base::string_at(container, "containerName"));
  }
  std::ranges::sort(names);
  return names;
}

Task<void> warn_of_strangers(Session& session, DeclaredStack stack) {
  if (asks_to_adopt(stack.wanted) || (stack.live && asks_to_adopt(*stack.live))) co_return;
  const std::string project(base::string_at(stack.wanted, "spec.project"));
  const std::string host(base::string_at(stack.wanted, "spec.host"));
  std::vector<std::string> names;
  try {
    const Reply reply = co_await session.client.get(
        "/apis/engine.berth.dev/v1/enginecontainers" +
        query_of({{"labelSelector", "com.docker.compose.project=" + project}, {"fieldSelector", "host=" + host}}));
    names = strangers_among(reply.body.at("items").as_array());
  } catch (const base::Status&) {
    co_return;  // a warning less: what keeps up from its work, the work itself tells
  }
  if (names.empty()) co_return;
  std::string listed;
  for (const std::string& name : names) listed += (listed.empty() ? "" : ", ") + name;
  session.err << "Warning: " << (names.size() == 1 ? "container " : "containers ") << printable(listed)
              << " of project " << project << (names.size() == 1 ? " was" : " were")
              << " made by somebody else; berth compose up --adopt takes over those that run as declared\n";
}

}  // namespace berth::cli
