// SPDX-License-Identifier: Apache-2.0
#pragma once
// The live version of every key, in key order, and the postings of its index terms: a list by terms costs what it
// finds, not what is stored. No lock of its own.
#include <map>
#include <set>

#include "store/store.hpp"

namespace berth::store {

class LiveIndex {
 public:
  // nullptr when absent.
  const Entry* find(std::string_view key) const;
  void put(Entry entry);
  void erase(std::string_view key);

  // Entries of the query, whose `at` is not looked at. `revision` of the result is left to the caller.
  ListResult list(const ListQuery& query) const;
  std::size_t size() const { return versions_.size(); }
  // Keys that carry the term: the work of a list by it.
  std::size_t postings(std::string_view term) const;

 private:
  using Versions = std::map<std::string, Entry, std::less<>>;
  using Place = Versions::const_iterator;
  struct ByKey {
    using is_transparent = void;
    bool operator()(const Place& a, const Place& b) const { return a->first < b->first; }
    bool operator()(const Place& a, std::string_view b) const { return a->first < b; }
    bool operator()(std::string_view a, const Place& b) const { return a < b->first; }
  };
  using Posting = std::set<Place, ByKey>;

  void post(Place place);
  void unpost(Place place);
  // The shortest posting of the terms; nullptr when one of them has none.
  const Posting* shortest(const std::vector<std::string>& terms) const;

  Versions versions_;
  std::map<std::string, Posting, std::less<>> postings_;
};

}  // namespace berth::store
