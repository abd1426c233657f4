// SPDX-License-Identifier: Apache-2.0
#include "resources/object_reader.hpp"

#include "resources/body_rules.hpp"
#include "resources/object/draft.hpp"
#include "resources/object/object_key.hpp"
#include "resources/object/sealing.hpp"
#include "resources/object_watch.hpp"
#include "resources/request/list_position.hpp"
#include "resources/request/selector.hpp"
#include "schemas/admit.hpp"

namespace berth::resources {
namespace {

using namespace std::chrono_literals;

constexpr auto kFutureRevisionWait = 3s;
constexpr std::size_t kMostPastPages = 8;

bool selects(const ListOptions& options) { return !options.label_selector.empty() || !options.field_selector.empty(); }

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
  return {std::make_shared<const std::string>(text_at(kind, entry, revision)), revision};
}

std::string ObjectReader::text_at(const Kind& kind, const store::Entry& entry, Revision revision) const {
  Json object = base::parse_json(*entry.value);
  open_object(kind, keys_, entry.key, object);
  if (entry.schema < kind.revision) {
    schemas::prune(kind, object);
    schemas::apply_defaults(kind, object);
  }
  return fill(make_draft(object), revision);
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
  const ListPosition position = read_list_position(options);
  co_await wait_for(position.not_before);
  const std::string all = key_prefix(kind, ns);
  store::ListQuery query;
  query.prefix = selector.key_prefix(kind, ns);
  query.terms = selector.needed_terms();
  query.at = position.at;
  if (position.from) query.after = all + position.from->last;
  // What is selected is known only once it was read; to read it in parts would be to read it of several revisions.
  if (!selects(options)) query.limit = position.limit;
  // A later page of the same revision knows it from the one before.
  const bool is_later_page = position.from && position.from->revision != 0;
  query.counts_rest = query.limit > 0 && !is_later_page;
  ListPage page;
  store::ListResult result = co_await read(query, position, page);
  page.revision = result.revision;
  const bool sealed = leaves_sealed(kind, options);
  std::size_t count = 0;
  std::string last;
  for (store::Entry& entry : result.entries) {
    if (!selector.matches(kind, entry)) continue;
    if (position.limit > 0 && count == position.limit) {
      result.more = true;
      break;
    }
    if (++count == position.limit) last = entry.key.substr(all.size());
    if (sealed) {
      const Revision revision = entry.revision;
      page.sealed.push_back({std::move(entry), revision});
    } else {
      page.items.push_back(present(kind, std::move(entry)));
    }
  }
  if (!result.more || count == 0) co_return page;
  if (query.counts_rest) {
    page.remaining = result.rest;
  } else if (is_later_page && !selects(options) && position.from->remaining > count) {
    page.remaining = *position.from->remaining - count;
  }
  page.continue_token = ContinueToken{page.revision, std::move(last), page.remaining}.encode();
  co_return page;
}

Task<store::ListResult> ObjectReader::read(const store::ListQuery& query, const ListPosition& position,
                                           ListPage& page) const {
  try {
    if (!query.at) co_return store_.list(query);
    // What nothing was written after is still the present.
    if (*query.at == store_.revision()) {
      store::ListQuery present_query = query;
      present_query.at.reset();
      store::ListResult result = store_.list(present_query);
      if (result.revision == *query.at) co_return result;
    }
    co_return co_await read_past(query, page);
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::Expired) throw;
    if (position.from) throw ContinueExpired(*position.from);
    throw base::Status(base::Reason::Expired, "The resourceVersion for the provided list is too old.");
  }
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
