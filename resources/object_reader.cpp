// SPDX-License-Identifier: Apache-2.0
#include "resources/object_reader.hpp"

#include "resources/body_rules.hpp"
#include "resources/draft.hpp"
#include "resources/object_key.hpp"
#include "resources/object_watch.hpp"
#include "resources/sealing.hpp"
#include "resources/selector.hpp"
#include "schemas/admit.hpp"

namespace berth::resources {
namespace {

using namespace std::chrono_literals;

constexpr auto kFutureRevisionWait = 3s;
constexpr std::size_t kMostPastPages = 8;

base::Status too_large_revision(Revision wanted, Revision newest) {
  base::Details details;
  details.causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
  details.retry_after = 1s;
  return {base::Reason::Timeout,
          "Too large resource version: " + std::to_string(wanted) + ", current: " + std::to_string(newest),
          std::move(details)};
}

base::Status invalid_list_option(std::string reason, std::string message) {
  const std::string field = "resourceVersionMatch";
  std::string text = "ListOptions.meta.k8s.io \"\" is invalid: " + field + ": " + message;
  base::Details details;
  details.group = "meta.k8s.io";
  details.kind = "ListOptions";
  details.causes.push_back({std::move(reason), std::move(message), field});
  return {base::Reason::Invalid, std::move(text), std::move(details)};
}

struct Wanted {
  Revision revision = 0;  // 0: any
  enum class Match { NotOlderThan, Exact } match = Match::NotOlderThan;
};

Wanted wanted_revision(const ListOptions& options) {
  const std::string& match = options.resource_version_match;
  if (match != "" && match != "Exact" && match != "NotOlderThan") {
    throw invalid_list_option("FieldValueNotSupported", "Unsupported value: \"" + match +
                                                            "\": supported values: \"\", \"Exact\", \"NotOlderThan\"");
  }
  if (options.resource_version.empty()) {
    if (match.empty()) return {};
    throw invalid_list_option("FieldValueForbidden",
                              "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided");
  }
  const auto revision = parse_revision(options.resource_version);
  if (!revision) {
    throw base::bad_request("resourceVersion: Invalid value: \"" + options.resource_version + "\": must be a number");
  }
  if (match == "Exact" && *revision == 0) {
    throw invalid_list_option("FieldValueForbidden",
                              "Forbidden: resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"");
  }
  return {*revision, match == "Exact" ? Wanted::Match::Exact : Wanted::Match::NotOlderThan};
}

}  // namespace

Target target_of(const Kind& kind, std::string ns, std::string name) {
  if (!kind.namespaced) ns.clear();
  Target target{&kind, std::move(ns), std::move(name), ""};
  target.key = key_of(kind, target.ns, target.name);
  return target;
}

Object ObjectReader::present(const Kind& kind, store::Entry entry) const {
  if (entry.schema >= kind.revision && !has_sealed_fields(kind)) return {std::move(entry.value), entry.revision};
  return present_at(kind, entry, entry.revision);
}

Object ObjectReader::present_at(const Kind& kind, const store::Entry& entry, Revision revision) const {
  Json object = base::parse_json(*entry.value);
  open_object(kind, keys_, entry.key, object);
  if (entry.schema < kind.revision) {
    schemas::prune(kind, object);
    schemas::apply_defaults(kind, object);
  }
  return {std::make_shared<const std::string>(fill(make_draft(object), revision)), revision};
}

Object ObjectReader::get(const Kind& kind, std::string_view ns, std::string_view name) const {
  std::optional<Object> found = find(kind, ns, name);
  if (!found) throw base::not_found(kind.resource(), name);
  return *std::move(found);
}

std::optional<Object> ObjectReader::find(const Kind& kind, std::string_view ns, std::string_view name) const {
  const auto entry = store_.get(key_of(kind, ns, name));
  if (!entry) return std::nullopt;
  return present(kind, *entry);
}

Task<ListPage> ObjectReader::list(const Kind& kind, std::string ns, ListOptions options) const {
  const Selector selector = Selector::parse(kind, options.label_selector, options.field_selector);
  const Wanted wanted = wanted_revision(options);
  co_await wait_for(wanted.revision);
  store::ListQuery query;
  query.prefix = selector.key_prefix(kind, ns);
  query.terms = selector.needed_terms();
  if (wanted.match == Wanted::Match::Exact) query.at = wanted.revision;
  ListPage page;
  store::ListResult result;
  if (query.at) {
    result = co_await read_past(query, page);
  } else {
    result = store_.list(query);
  }
  page.revision = result.revision;
  page.items.reserve(result.entries.size());
  for (store::Entry& entry : result.entries) {
    if (selector.matches(kind, entry)) page.items.push_back(present(kind, std::move(entry)));
  }
  co_return page;
}

Task<store::ListResult> ObjectReader::read_past(const store::ListQuery& query, ListPage& page) const {
  const auto leave = [pages = past_pages_](const void*) { pages->fetch_sub(1); };
  const std::size_t before = past_pages_->fetch_add(1);
  page.held = std::shared_ptr<const void>(past_pages_.get(), leave);
  if (before >= kMostPastPages) {
    throw base::Status(base::Reason::TooManyRequests, "too many lists of past revisions are under way")
        .with_retry_after(1s);
  }
  const auto read = [this, &query] { return store_.list(query); };
  co_return co_await base::blocking(read);
}

std::unique_ptr<ObjectWatch> ObjectReader::watch(const Kind& kind, std::string ns, WatchOptions options,
                                                 base::Executor loop) const {
  return watch_objects(*this, kind, ns, options, loop);
}

Task<void> ObjectReader::wait_for(Revision wanted) const {
  Revision newest = store_.revision();
  if (newest >= wanted) co_return;
  const auto end = std::chrono::steady_clock::now() + kFutureRevisionWait;
  const auto watch = store_.watch("", newest, co_await base::this_loop());
  while (newest < wanted) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= 0s) throw too_large_revision(wanted, newest);
    co_await watch->next_for(1024, left);
    newest = store_.revision();
  }
}

}  // namespace berth::resources
