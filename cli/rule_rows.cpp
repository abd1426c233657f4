// SPDX-License-Identifier: Apache-2.0
#include "cli/rule_rows.hpp"

#include <algorithm>
#include <map>

#include "cli/text_lists.hpp"

namespace berth::cli {
namespace {

using base::Json;
using Texts = std::vector<std::string>;

struct Subject {
  std::string group;
  std::string resource;
  Texts names;  // one or none
  auto operator<=>(const Subject&) const = default;
};

const base::JsonArray& rules_at(const Json& status, std::string_view field) {
  static const base::JsonArray none;
  const Json* list = base::find_path(status, field);
  return list != nullptr && list->is_array() ? list->get_array() : none;
}

void add_verbs(Texts& verbs, const Texts& more) {
  for (const std::string& verb : more) {
    if (std::find(verbs.begin(), verbs.end(), verb) == verbs.end()) verbs.push_back(verb);
  }
}

// "containers.berth.dev/status"
std::string resource_text(const Subject& subject) {
  const auto slash = subject.resource.find('/');
  const std::string plural = subject.resource.substr(0, slash);
  return plural + (subject.group.empty() ? "" : "." + subject.group) +
         (slash == std::string::npos ? "" : subject.resource.substr(slash));
}

// kubectl sorts rules by their text, brackets and all.
std::string sort_text(const Texts& verbs, const Texts& groups, const Texts& resources, const Texts& names,
                      const Texts& urls) {
  std::string text;
  for (const Texts* part : {&verbs, &groups, &resources, &names, &urls}) text += go_list(*part) + ",";
  return text;
}

}  // namespace

std::string go_list(const Texts& texts) {
  std::string all = "[";
  for (const std::string& text : texts) all += (all.size() > 1 ? " " : "") + text;
  return all + "]";
}

std::vector<Row> rule_rows(const Json& status) {
  std::map<Subject, Texts> verbs;
  for (const Json& rule : rules_at(status, "resourceRules")) {
    const Texts names = texts_at(rule, "resourceNames");
    for (const std::string& group : texts_at(rule, "apiGroups")) {
      for (const std::string& resource : texts_at(rule, "resources")) {
        if (names.empty()) add_verbs(verbs[{group, resource, {}}], texts_at(rule, "verbs"));
        for (const std::string& name : names) add_verbs(verbs[{group, resource, {name}}], texts_at(rule, "verbs"));
      }
    }
  }
  std::vector<std::pair<std::string, Row>> rows;
  for (const auto& [subject, list] : verbs) {
    rows.push_back({sort_text(list, {subject.group}, {subject.resource}, subject.names, {}),
                    {resource_text(subject), "[]", go_list(subject.names), go_list(list)}});
  }
  for (const Json& rule : rules_at(status, "nonResourceRules")) {
    for (const std::string& url : texts_at(rule, "nonResourceURLs")) {
      for (const std::string& verb : texts_at(rule, "verbs")) {
        rows.push_back({sort_text({verb}, {}, {}, {}, {url}), {"", go_list({url}), "[]", go_list({verb})}});
      }
    }
  }
  std::sort(rows.begin(), rows.end());
  std::vector<Row> sorted;
  for (auto& [key, row] : rows) sorted.push_back(std::move(row));
  return sorted;
}

}  // namespace berth::cli
