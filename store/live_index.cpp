// SPDX-License-Identifier: Apache-2.0
#include "store/live_index.hpp"

#include <algorithm>

#include "store/write_rules.hpp"

namespace berth::store {
namespace {

// Where a list begins in an ordered set of keys: at the prefix, or just past the key of the last page.
template <class Ordered>
auto start_of(const Ordered& ordered, const ListQuery& query) {
  if (query.after.empty() || query.after < query.prefix) return ordered.lower_bound(std::string_view(query.prefix));
  return ordered.upper_bound(std::string_view(query.after));
}

// The least key that is greater than every key with the prefix; nothing when there is none.
std::optional<std::string> key_behind(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  ++prefix.back();
  return prefix;
}

// What the query is about, found from both ends: a walk that looked at each key would wait for the memory of each.
template <class Ordered>
auto range_of(const Ordered& ordered, const ListQuery& query) {
  const auto behind = key_behind(query.prefix);
  const auto end = behind ? ordered.lower_bound(std::string_view(*behind)) : ordered.end();
  const bool past_all = behind && query.after >= *behind;
  return std::pair(past_all ? end : start_of(ordered, query), end);
}

// Adds an entry unless the page is full. False ends the walk.
bool add_to_page(ListResult& result, const ListQuery& query, const Entry& entry) {
  if (query.limit != 0 && result.entries.size() == query.limit) {
    result.more = true;
    if (query.counts_rest) ++result.rest;
    return query.counts_rest;
  }
  result.entries.push_back(entry);
  return true;
}

}  // namespace

const Entry* LiveIndex::find(std::string_view key) const {
  const auto found = versions_.find(key);
  return found == versions_.end() ? nullptr : &found->entry;
}

void LiveIndex::put(Entry entry) {
  const auto place = versions_.lower_bound(entry.key);
  if (place == versions_.end() || place->entry.key != entry.key) {
    return post(versions_.insert(place, Live{std::move(entry), {}}));
  }
  const bool moved = !std::ranges::equal(place->entry.terms, entry.terms);
  if (moved) unpost(place);
  place->entry = std::move(entry);
  if (moved) post(place);
}

void LiveIndex::erase(std::string_view key) {
  const auto place = versions_.find(key);
  if (place == versions_.end()) return;
  unpost(place);
  versions_.erase(place);
}

void LiveIndex::post(Versions::const_iterator place) {
  place->posted.reserve(place->entry.terms.size());
  for (const std::string& term : place->entry.terms) {
    Posting& posting = postings_[term];
    place->posted.push_back(posting.insert(hint(place, term, posting), &*place));
  }
}

LiveIndex::Posting::const_iterator LiveIndex::hint(Versions::const_iterator place, const std::string& term,
                                                   const Posting& posting) const {
  const auto posted_of = [&](const Live& neighbour) -> const Posting::const_iterator* {
    const auto found = std::ranges::find(neighbour.entry.terms, term);
    if (found == neighbour.entry.terms.end()) return nullptr;
    return &neighbour.posted[static_cast<std::size_t>(found - neighbour.entry.terms.begin())];
  };
  if (const auto next = std::next(place); next != versions_.end()) {
    if (const auto* posted = posted_of(*next)) return *posted;
  }
  if (place != versions_.begin()) {
    if (const auto* posted = posted_of(*std::prev(place))) return std::next(*posted);
  }
  return posting.end();
}

void LiveIndex::unpost(Versions::const_iterator place) {
  const auto& terms = place->entry.terms;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const auto first = terms.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(terms.begin(), first, terms[i]) != first) continue;  // the same term twice
    const auto posting = postings_.find(terms[i]);
    posting->second.erase(place->posted[i]);
    if (posting->second.empty()) postings_.erase(posting);
  }
  place->posted.clear();
}

const LiveIndex::Posting* LiveIndex::shortest(const std::vector<std::string>& terms) const {
  const Posting* best = nullptr;
  for (const std::string& term : terms) {
    const auto found = postings_.find(term);
    if (found == postings_.end()) return nullptr;
    if (best == nullptr || found->second.size() < best->size()) best = &found->second;
  }
  return best;
}

ListResult LiveIndex::list(const ListQuery& query) const {
  ListResult result;
  if (query.terms.empty()) {
    auto [at, end] = range_of(versions_, query);
    for (; at != end; ++at) {
      if (!add_to_page(result, query, at->entry)) break;
    }
    return result;
  }
  const Posting* posting = shortest(query.terms);
  if (posting == nullptr) return result;
  auto [at, end] = range_of(*posting, query);
  for (; at != end; ++at) {
    const Entry& entry = (*at)->entry;
    if (!has_all_terms(entry.terms, query.terms)) continue;
    if (!add_to_page(result, query, entry)) break;
  }
  return result;
}

std::size_t LiveIndex::postings(std::string_view term) const {
  const auto found = postings_.find(term);
  return found == postings_.end() ? 0 : found->second.size();
}

}  // namespace berth::store
