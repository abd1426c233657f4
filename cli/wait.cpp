// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/status.hpp"
#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/wait_for.hpp"

namespace berth::cli {
namespace {

// What --for asks: a predicate, and the words for success and for a time-out.
struct Goal {
  std::function<bool(const Json*)> done;
  std::string met;      // "condition met", "deleted"
  std::string missing;  // "the condition"
  bool deletion = false;
};

std::string quoted_value(std::string text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

Goal condition_goal(const std::string& text) {
  const auto equals = text.find('=');
  const std::string type = text.substr(0, equals);
  const std::string wanted = equals == std::string::npos ? "True" : quoted_value(text.substr(equals + 1));
  return {[type, wanted](const Json* object) { return object != nullptr && has_condition(*object, type, wanted); },
          "condition met", "the condition"};
}

// {.status.phase}=Running: plain paths only.
Goal jsonpath_goal(const std::string& text) {
  const auto close = text.find('}');
  if (!text.starts_with("{.") || close == std::string::npos) {
    throw base::bad_request("jsonpath must be {.a.b} or {.a.b}=VALUE, found " + text);
  }
  const std::string path = text.substr(2, close - 2);
  if (path.find_first_of("[]*?@") != std::string::npos) {
    throw base::bad_request("jsonpath " + text + ": only plain fields such as {.status.phase} are supported");
  }
  const bool any = close + 1 == text.size();
  if (!any && text[close + 1] != '=') throw base::bad_request("jsonpath must be {.a.b} or {.a.b}=VALUE, found " + text);
  const std::string wanted = any ? "" : quoted_value(text.substr(close + 2));
  return {[path, any, wanted](const Json* object) {
            const Json* value = object == nullptr ? nullptr : base::find_path(*object, path);
            if (value == nullptr || value->is_null()) return false;
            return any || (value->is_string() ? value->get_string() == wanted : base::to_canonical(*value) == wanted);
          },
          "condition met", "the condition"};
}

Goal read_goal(const std::string& text) {
  constexpr std::string_view kCondition = "condition=";
  constexpr std::string_view kPath = "jsonpath=";
  if (text == "delete") {
    return {[](const Json* object) { return object == nullptr; }, "deleted", "the deletion", true};
  }
  if (text.starts_with(kCondition)) return condition_goal(text.substr(kCondition.size()));
  if (text.starts_with(kPath)) return jsonpath_goal(quoted_value(text.substr(kPath.size())));
  throw base::bad_request("unrecognized condition: \"" + text +
                          "\"; use delete, condition=TYPE[=STATUS] or jsonpath={.a.b}=VALUE");
}

}  // namespace

Task<int> run_wait(Session& session, WaitOptions options) {
  const Goal goal = read_goal(options.condition);
  const auto deadline = std::chrono::steady_clock::now() + parse_timeout(options.timeout);
  const std::vector<Target> targets = read_targets(session.discovery, options.words);
  std::vector<Address> addresses;
  if (goal.deletion && !targets.front().name.empty()) {
    for (const Target& target : targets) {
      addresses.push_back({target.resource, target.resource->namespaced ? session.ns : "", target.name});
    }
  } else {
    const bool all = options.all || !options.labels.empty();
    addresses = co_await find_addresses(session, targets, all, options.all_namespaces, options.labels);
  }
  if (addresses.empty() && !goal.deletion) throw base::bad_request("no matching resources found");
  int code = 0;
  for (const Address& address : addresses) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const bool met = co_await wait_until(session, address, std::max(left, std::chrono::milliseconds(1)), goal.done);
    if (met) {
      session.out << address.label() << " " << goal.met << "\n";
      session.out.flush();
    } else {
      session.err << "error: timed out waiting for " << goal.missing << " on " << address.resource->plural << "/"
                  << address.name << "\n";
      code = 1;
    }
  }
  co_return code;
}

}  // namespace berth::cli
