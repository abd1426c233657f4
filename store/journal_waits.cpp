// SPDX-License-Identifier: Apache-2.0
#include "store/journal_waits.hpp"

namespace berth::store {

std::shared_ptr<base::Signal> JournalWaits::join(std::string journal, base::Executor loop) {
  auto signal = std::make_shared<base::Signal>(loop);
  places_.with([&](std::list<Place>& places) {
    forget_gone(places);
    places.push_back({std::move(journal), loop, signal});
  });
  return signal;
}

void JournalWaits::forget_gone(std::list<Place>& places) {
  // They may have taken their loop along.
  places.remove_if([](const Place& place) { return place.signal.expired(); });
}

void JournalWaits::notify(std::string_view journal, LoopPosts& posts) {
  wake([journal](const Place& place) { return place.journal == journal; }, posts);
}

void JournalWaits::notify_all(LoopPosts& posts) {
  wake([](const Place&) { return true; }, posts);
}

template <class Concerned>
void JournalWaits::wake(Concerned concerned, LoopPosts& posts) {
  places_.with([&](std::list<Place>& places) {
    forget_gone(places);
    for (const Place& place : places) {
      if (concerned(place)) posts.notify(place.loop, place.signal);
    }
  });
}

}  // namespace berth::store
