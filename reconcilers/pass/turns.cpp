// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/pass/turns.hpp"

#include <algorithm>
#include <utility>

namespace berth::reconcilers {

base::Task<Turns::Turn> Turns::take(Claim claim) {
  Lane& lane = lanes_[claim.key];
  if (admits(lane, claim.group, claim.rank)) {
    begin(lane, claim.group);
    co_return Turn(*this, std::move(claim));
  }
  Waiter waiter{base::Signal(loop_), claim.place};
  auto& waiters = lane.line(claim.rank).groups[claim.group];
  const auto only_in_line = [](const Waiter* one) { return one->place == Place::InLine; };
  waiters.insert(claim.place == Place::Ahead ? std::ranges::find_if(waiters, only_in_line) : waiters.end(), &waiter);
  std::exception_ptr error;
  try {
    co_await waiter.signal.wait();
  } catch (...) {
    error = std::current_exception();
  }
  if (!error) co_return Turn(*this, std::move(claim));
  // A turn that was granted as the owner gave up goes to the next in line.
  if (waiter.granted) {
    Turn(*this, claim).end();
  } else {
    auto& groups = lanes_.at(claim.key).line(claim.rank).groups;
    const auto group = groups.find(claim.group);
    std::erase(group->second, &waiter);
    if (group->second.empty()) groups.erase(group);
  }
  std::rethrow_exception(error);
}

std::size_t Turns::busy(const std::string& key) const {
  const auto lane = lanes_.find(key);
  return lane == lanes_.end() ? 0 : lane->second.busy;
}

std::size_t Turns::at_work(const std::string& key) const {
  const auto lane = lanes_.find(key);
  return lane == lanes_.end() ? 0 : lane->second.busy + lane->second.aside;
}

bool Turns::admits(const Lane& lane, const std::string& group, Rank rank) const {
  if (lane.busy >= limits_.most) return false;
  return rank == Rank::First || lane.busy + lane.aside < limits_.in_all || !lane.at_work.contains(group);
}

void Turns::begin(Lane& lane, const std::string& group) {
  ++lane.busy;
  ++lane.at_work[group];
}

// False when nobody waits who may go on.
bool Turns::grant_one(Lane& lane) {
  for (const Rank rank : {Rank::First, Rank::Last}) {
    Line& line = lane.line(rank);
    auto group = line.groups.upper_bound(line.served);
    for (std::size_t tried = 0; tried < line.groups.size(); ++tried, ++group) {
      if (group == line.groups.end()) group = line.groups.begin();
      if (!admits(lane, group->first, rank)) continue;
      begin(lane, group->first);
      line.served = group->first;
      Waiter* const next = group->second.front();
      group->second.pop_front();
      if (group->second.empty()) line.groups.erase(group);
      next->granted = true;
      next->signal.notify();
      return true;
    }
  }
  return false;
}

void Turns::settle(const std::string& key) {
  const auto lane = lanes_.find(key);
  while (grant_one(lane->second)) {
  }
  if (lane->second.at_work.empty()) lanes_.erase(lane);
}

void Turns::Turn::end() {
  Turns* const turns = std::exchange(turns_, nullptr);
  if (!turns) return;
  Lane& lane = turns->lanes_.at(claim_.key);
  --(aside_ ? lane.aside : lane.busy);
  const auto group = lane.at_work.find(claim_.group);
  if (--group->second == 0) lane.at_work.erase(group);
  turns->settle(claim_.key);
}

void Turns::Turn::step_aside() {
  if (!turns_ || std::exchange(aside_, true)) return;
  Lane& lane = turns_->lanes_.at(claim_.key);
  --lane.busy;
  ++lane.aside;
  turns_->settle(claim_.key);
}

void Turns::Turn::step_back() {
  if (!turns_ || !std::exchange(aside_, false)) return;
  Lane& lane = turns_->lanes_.at(claim_.key);
  ++lane.busy;
  --lane.aside;
}

}  // namespace berth::reconcilers
