// SPDX-License-Identifier: Apache-2.0
#include "resources/key_rotation.hpp"

#include <array>

#include "resources/audit/audit.hpp"
#include "resources/object/draft.hpp"
#include "resources/object/object_key.hpp"
#include "resources/object/sealing.hpp"

namespace berth::resources {
namespace {

constexpr std::string_view kBox = "berth:enc:v1:";
constexpr std::size_t kChunk = 200;
constexpr int kMostRounds = 5;

// Sealed values outside the objects, and what their boxes are bound to.
struct MetaBox {
  std::string_view name;
  std::string_view context;
};
constexpr std::array<MetaBox, 3> kMetaBoxes{
    {{"canary", "canary"}, {"hash-key", "meta/hash-key"}, {"account-key", "meta/account-key"}}};

// Since when everything that is live is sealed with the key that writes: "<key id> <revision>".
constexpr std::string_view kComplete = "keys-complete";
// A write that was sealed before the key was there is committed by then.
constexpr std::chrono::seconds kSettled{60};

EngineAction record_of(std::string action) {
  EngineAction record;
  record.action = std::move(action);
  record.target = "key ring";
  return record;
}

}  // namespace

Task<KeyRotationReport> KeyRotation::rotate(Caller caller) {
  if (rotating_.exchange(true)) {
    throw base::Status(base::Reason::TooManyRequests, "the keys are being rotated already")
        .with_retry_after(std::chrono::seconds(5));
  }
  const std::shared_ptr<void> done(nullptr, [this](void*) { rotating_ = false; });
  KeyRotationReport report;
  co_await on_record(caller, "rotate-keys", rotate_for(caller, report));
  co_return report;
}

Task<void> KeyRotation::on_record(Caller caller, std::string what, Task<std::string> work) {
  const std::uint64_t intent = co_await actions_.begin(caller, record_of(what));
  const base::SteadyTime began = clock_.steady_now();
  EngineOutcome outcome;
  std::exception_ptr error;
  try {
    outcome.message = co_await std::move(work);
  } catch (...) {
    error = std::current_exception();
    outcome.message = base::to_status(error).message();
  }
  outcome.succeeded = !error;
  outcome.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - began);
  co_await actions_.end(caller, intent, record_of(what), outcome);
  if (error) std::rethrow_exception(error);
}

Task<std::string> KeyRotation::rotate_for(Caller caller, KeyRotationReport& report) {
  report.resumed = any_stale();
  const auto make = [this] { return keys_.rotate(); };
  if (!report.resumed) {
    made_ = clock_.steady_now();
    co_await base::blocking(make);
  }
  report.key = keys_.primary_id();
  report.rewrapped = co_await rewrap_meta();
  // A write that was sealed before the key was there may come after we looked at its object.
  for (int round = 0; round < kMostRounds; ++round) {
    if (!any_stale()) break;
    report.rewrapped += co_await rewrap_all(caller);
  }
  co_return "key " + report.key;
}

Task<void> KeyRotation::tidy() {
  if (keys_.size() == 1 || rotating_.exchange(true)) co_return;
  const std::shared_ptr<void> done(nullptr, [this](void*) { rotating_ = false; });
  co_await tidy_alone(controller_caller("key-rotation"));
}

// Versions from before everything was sealed anew are kept for a while; what is compacted is gone.
Task<void> KeyRotation::tidy_alone(Caller caller) {
  if (any_stale()) {
    KeyRotationReport report;
    co_return co_await on_record(caller, "rotate-keys", rotate_for(caller, report));
  }
  if (made_.load() != base::SteadyTime() && clock_.steady_now() - made_.load() < kSettled) co_return;
  const std::string complete = keys_.primary_id() + " ";
  const std::string said = store_.get_meta(kComplete).value_or("");
  if (!said.starts_with(complete)) {
    co_return co_await store_.put_meta(std::string(kComplete), complete + std::to_string(store_.revision()));
  }
  if (store_.compacted() < std::stoull(said.substr(complete.size()))) co_return;
  co_await on_record(caller, "drop-keys", drop_older());
}

Task<std::string> KeyRotation::drop_older() {
  const auto drop = [this] { return keys_.drop_older(); };
  const std::size_t dropped = co_await base::blocking(drop);
  co_return std::to_string(dropped) + " older keys taken out of the ring";
}

bool KeyRotation::is_stale(const store::Entry& entry) const {
  const Kind* kind = kind_of_key(entry.key);
  if (kind == nullptr || !has_sealed_fields(*kind) || entry.value->find(kBox) == std::string::npos) return false;
  Json object = base::parse_json(*entry.value);
  return has_stale_box(*kind, keys_, object);
}

bool KeyRotation::any_stale() const {
  for (const MetaBox& box : kMetaBoxes) {
    const auto sealed = store_.get_meta(box.name);
    if (sealed && !keys_.is_current(*sealed)) return true;
  }
  for (const store::Entry& entry : store_.list({}).entries) {
    if (is_stale(entry)) return true;
  }
  return false;
}

Task<std::size_t> KeyRotation::rewrap_meta() {
  std::size_t rewrapped = 0;
  for (const MetaBox& box : kMetaBoxes) {
    const auto sealed = store_.get_meta(box.name);
    if (!sealed || keys_.is_current(*sealed)) continue;
    std::string anew = keys_.seal(keys_.open_sealed(*sealed, box.context), box.context);
    co_await store_.put_meta(std::string(box.name), std::move(anew));
    ++rewrapped;
  }
  co_return rewrapped;
}

Task<std::size_t> KeyRotation::rewrap_all(Caller caller) {
  std::size_t rewrapped = 0;
  store::ListQuery query;
  query.limit = kChunk;
  for (bool more = true; more;) {
    const store::ListResult page = store_.list(query);
    more = page.more;
    if (!page.entries.empty()) query.after = page.entries.back().key;
    for (const store::Entry& entry : page.entries) {
      if (!is_stale(entry)) continue;
      const bool done = co_await rewrap(caller, entry);
      if (done) ++rewrapped;
    }
  }
  co_return rewrapped;
}

// False when another write came between: that one is looked at in the next round.
Task<bool> KeyRotation::rewrap(Caller caller, store::Entry entry) {
  const Kind* kind = kind_of_key(entry.key);
  Json object = base::parse_json(*entry.value);
  open_object(*kind, keys_, entry.key, object);
  seal_object(*kind, keys_, entry.key, object);
  const PlaceInKey place = place_in(*kind, entry.key);
  const std::string ns(place.ns);
  const std::string name(place.name);
  const std::string uid(base::string_at(object, "metadata.uid"));
  store::Write write;
  write.key = entry.key;
  write.expected = entry.revision;
  write.value = make_draft(object);
  write.terms.assign(entry.terms.begin(), entry.terms.end());
  write.schema = entry.schema;
  write.journal.push_back(
      write_record(caller, *kind, {"rewrap", Part::Main, ns, name, uid, entry.revision}, clock_.now()));
  try {
    co_await store_.commit(std::move(write));
    co_return true;
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::Conflict && status.reason() != base::Reason::NotFound) throw;
  }
  co_return false;
}

}  // namespace berth::resources
