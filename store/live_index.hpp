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
  struct Live;
  using Place = const Live*;
  struct ByKey {
    using is_transparent = void;
    static std::string_view key_of(const Live& live) { return live.entry.key; }
    static std::string_view key_of(Place place) { return place->entry.key; }
    static std::string_view key_of(std::string_view key) { return key; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return key_of(a) < key_of(b);
    }
  };
  using Versions = std::set<Live, ByKey>;
  using Posting = std::set<Place, ByKey>;
  // In a set, and yet to be changed: what orders it is the key, and the next version has the same.
  struct Live {
    mutable Entry entry;
    mutable std::vector<Posting::const_iterator> posted;  // where the posting of each of its terms has it
  };

  void post(Versions::const_iterator place);
  void unpost(Versions::const_iterator place);
  // Where a neighbour stands in the posting, which is where the place comes; the posting's end when none does.
  Posting::const_iterator hint(Versions::const_iterator place, const std::string& term, const Posting& posting) const;
  // The shortest posting of the terms; nullptr when one of them has none.
  const Posting* shortest(const std::vector<std::string>& terms) const;

  Versions versions_;
  std::map<std::string, Posting, std::less<>> postings_;
};

}  // namespace berth::store
