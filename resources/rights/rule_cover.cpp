// SPDX-License-Identifier: Apache-2.0
#include "resources/rights/rule_cover.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace berth::resources {
namespace {

using Texts = std::vector<std::string>;
using Views = std::vector<std::string_view>;

Views sorted(const Texts& texts) {
  Views views(texts.begin(), texts.end());
  std::ranges::sort(views);
  const auto [first, last] = std::ranges::unique(views);
  views.erase(first, last);
  return views;
}

Views distinct(const Texts& texts) {
  Views views;
  std::unordered_set<std::string_view> seen;
  for (const std::string& text : texts) {
    if (seen.insert(text).second) views.push_back(text);
  }
  return views;
}

// A rule without what it says twice.
struct Distinct {
  Views verbs, groups, resources, urls;
  std::optional<Views> names;

  explicit Distinct(const PolicyRule& rule)
      : verbs(distinct(rule.verbs)),
        groups(distinct(rule.api_groups)),
        resources(distinct(rule.resources)),
        urls(distinct(rule.non_resource_urls)) {
    if (!rule.resource_names.empty()) names = distinct(rule.resource_names);
  }
  explicit Distinct(const RulePart& part) : verbs{part.verb} {
    if (part.url) {
      urls = {*part.url};
      return;
    }
    groups = {part.group};
    resources = {part.resource};
    if (part.name) names = Views{*part.name};
  }
};

std::size_t product(std::size_t a, std::size_t b) {
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  return a != 0 && b > kMost / a ? kMost : a * b;
}

// How many parts it has; the most of all numbers when that is no number.
std::size_t count_parts(const Distinct& rule) {
  const std::size_t objects = product(rule.groups.size(), rule.resources.size());
  const std::size_t named = product(objects, rule.names ? rule.names->size() : 1);
  const std::size_t on_resources = product(named, rule.verbs.size());
  const std::size_t on_paths = product(rule.urls.size(), rule.verbs.size());
  return on_resources + std::min(on_paths, std::numeric_limits<std::size_t>::max() - on_resources);
}

// "*/scale" of "pods/scale", else "".
std::string star_of(std::string_view resource) {
  const std::size_t slash = resource.find('/');
  return slash == std::string_view::npos ? "" : "*" + std::string(resource.substr(slash));
}

// The rules held, to be asked again and again.
class HeldRules {
 public:
  explicit HeldRules(const PolicyRules& held) {
    for (const PolicyRule& rule : held) {
      const std::size_t index = rules_.size();
      rules_.push_back({sorted(rule.verbs), sorted(rule.api_groups), sorted(rule.resources),
                        sorted(rule.resource_names), sorted(rule.non_resource_urls)});
      for (const std::string_view resource : rules_.back().resources) by_resource_[resource].push_back(index);
      if (!rule.non_resource_urls.empty()) with_urls_.push_back(index);
    }
  }

  // Whether one rule covers all of it. False, and nothing is known, when the lookups are used up.
  bool covers(const Distinct& wanted) {
    if (wanted.resources.empty()) return any(with_urls_, wanted);
    const std::string star = star_of(wanted.resources.front());
    return any(of_resource(wanted.resources.front()), wanted) || any(of_resource("*"), wanted) ||
           (!star.empty() && any(of_resource(star), wanted));
  }

  void allow(std::size_t lookups) { most_ = lookups; }
  std::size_t lookups() const { return lookups_; }
  bool used_up() const { return lookups_ > most_; }

 private:
  struct Rule {
    Views verbs, groups, resources, names, urls;
  };

  const std::vector<std::size_t>& of_resource(std::string_view resource) const {
    static const std::vector<std::size_t> kNone;
    const auto found = by_resource_.find(resource);
    return found == by_resource_.end() ? kNone : found->second;
  }
  bool any(const std::vector<std::size_t>& candidates, const Distinct& wanted) {
    return std::ranges::any_of(candidates,
                               [&](std::size_t index) { return !used_up() && covers(rules_[index], wanted); });
  }
  bool has(const Views& texts, std::string_view text) {
    ++lookups_;
    return !used_up() && std::ranges::binary_search(texts, text);
  }
  bool has_all(const Views& texts, const Views& wanted) {
    return has(texts, "*") || std::ranges::all_of(wanted, [&](std::string_view each) { return has(texts, each); });
  }
  bool has_resource(const Rule& held, std::string_view resource) {
    if (has(held.resources, resource)) return true;
    const std::string star = star_of(resource);
    return !star.empty() && has(held.resources, star);
  }
  bool has_url(const Rule& held, std::string_view path) {
    return std::ranges::any_of(held.urls, [&](std::string_view pattern) {
      ++lookups_;
      return !used_up() && covers_url(pattern, path);
    });
  }
  bool has_names(const Rule& held, const Distinct& wanted) {
    if (held.names.empty()) return true;
    return wanted.names &&
           std::ranges::all_of(*wanted.names, [&](std::string_view each) { return has(held.names, each); });
  }
  bool covers(const Rule& held, const Distinct& wanted) {
    const bool all_resources = has(held.resources, "*");
    return has_names(held, wanted) && has_all(held.verbs, wanted.verbs) && has_all(held.groups, wanted.groups) &&
           std::ranges::all_of(wanted.resources,
                               [&](std::string_view each) { return all_resources || has_resource(held, each); }) &&
           std::ranges::all_of(wanted.urls, [&](std::string_view each) { return has_url(held, each); });
  }

  std::vector<Rule> rules_;
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_resource_;
  std::vector<std::size_t> with_urls_;
  std::size_t most_ = std::numeric_limits<std::size_t>::max();
  std::size_t lookups_ = 0;
};

// Gathers missing parts, each once.
class MissingParts {
 public:
  void add(const RulePart& part) {
    Key key{part.group, part.resource, part.name, part.url, part.verb};
    if (!parts_.insert(key).second) return;
    if (!part.url) key.verb = "";
    const auto [known, fresh] = places_.try_emplace(key, rules_.size());
    if (fresh) rules_.push_back({part, {}});
    rules_[known->second].verbs.push_back(part.verb);
  }
  std::vector<MissingRule> take() { return std::move(rules_); }

 private:
  struct Key {
    std::string_view group, resource;
    std::optional<std::string_view> name, url;
    std::string_view verb;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      std::size_t all = (key.name ? 1 : 0) + (key.url ? 2 : 0);
      for (const std::string_view text :
           {key.group, key.resource, key.name.value_or(""), key.url.value_or(""), key.verb}) {
        all = all * 1'000'003 + std::hash<std::string_view>()(text);
      }
      return all;
    }
  };

  std::vector<MissingRule> rules_;
  std::unordered_map<Key, std::size_t, Hash> places_;
  std::unordered_set<Key, Hash> parts_;
};

template <class Visit>
void each_part(const Distinct& rule, Visit&& visit) {
  const std::vector<std::optional<std::string_view>> names =
      rule.names ? std::vector<std::optional<std::string_view>>(rule.names->begin(), rule.names->end())
                 : std::vector<std::optional<std::string_view>>(1);
  for (const std::string_view group : rule.groups) {
    for (const std::string_view resource : rule.resources) {
      for (const std::string_view verb : rule.verbs) {
        for (const auto& name : names) visit(RulePart{verb, group, resource, name, {}});
      }
    }
  }
  for (const std::string_view url : rule.urls) {
    for (const std::string_view verb : rule.verbs) visit(RulePart{verb, "", "", {}, url});
  }
}

}  // namespace

PolicyRule to_rule(const MissingRule& missing) {
  PolicyRule rule;
  rule.verbs.assign(missing.verbs.begin(), missing.verbs.end());
  const RulePart& part = missing.part;
  if (part.url) {
    rule.non_resource_urls.emplace_back(*part.url);
    return rule;
  }
  rule.api_groups.emplace_back(part.group);
  rule.resources.emplace_back(part.resource);
  if (part.name) rule.resource_names.emplace_back(*part.name);
  return rule;
}

Cover cover(const PolicyRules& held, const PolicyRules& wanted, const CoverLimits& limits) {
  HeldRules rules(held);
  rules.allow(limits.lookups);
  Cover found;
  MissingParts missing;
  for (std::size_t i = 0; i < wanted.size() && !found.stopped_at; ++i) {
    const Distinct rule(wanted[i]);
    if (!rules.covers(rule)) {
      const std::size_t parts = count_parts(rule);
      if (parts > limits.parts - found.parts) {
        found.stopped_at = i;
        break;
      }
      found.parts += parts;
      each_part(rule, [&](const RulePart& part) {
        if (!rules.used_up() && !rules.covers(Distinct(part))) missing.add(part);
      });
    }
    if (rules.used_up()) found.stopped_at = i;
  }
  found.lookups = rules.lookups();
  found.missing = missing.take();
  return found;
}

PolicyRules uncovered(const PolicyRules& held, const PolicyRules& wanted) {
  PolicyRules rules;
  for (const MissingRule& missing : cover(held, wanted, {}).missing) rules.push_back(to_rule(missing));
  return rules;
}

}  // namespace berth::resources
