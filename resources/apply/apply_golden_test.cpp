// SPDX-License-Identifier: Apache-2.0
// Sequences of writes by several managers, whose outcomes upstream's own field manager has computed: objects, owners
// and conflicts. tests/golden/apply/README.md says how a line reads.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "resources/apply/field_writer.hpp"

namespace berth::resources {
namespace {

constexpr std::string_view kAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

const Json kNothing = base::JsonObject();

void drop_nulls(Json& value) {
  if (base::JsonArray* items = value.if_array()) {
    for (Json& item : *items) drop_nulls(item);
  }
  base::JsonObject* object = value.if_object();
  if (object == nullptr) return;
  std::vector<std::string> nulls;
  for (auto& member : *object) {
    if (member.value().is_null()) nulls.emplace_back(member.key());
    drop_nulls(member.value());
  }
  for (const std::string& name : nulls) object->erase(name);
}

void copy_member(const Json& from, Json& to, std::string_view name) {
  if (const Json* value = from.as_object().if_contains(name)) {
    to.as_object()[name] = *value;
  } else {
    to.as_object().erase(name);
  }
}

// The entries in one order, with whether they have a time in its place.
std::vector<std::string> shown(const Json& entries) {
  std::vector<std::string> out;
  for (const Json& entry : entries.as_array()) {
    Json copy = entry;
    base::JsonObject& members = copy.as_object();
    if (members.contains("time")) members["timed"] = true;
    for (const char* name : {"time", "fieldsType"}) members.erase(name);
    if (!members.contains("timed")) members["timed"] = false;
    if (!members.contains("subresource")) members["subresource"] = "";
    out.push_back(base::to_canonical(copy));
  }
  std::ranges::sort(out);
  return out;
}

class Sequence {
 public:
  explicit Sequence(const Json& sequence)
      : kind_(schemas::Catalog::instance().by_name(base::string_at(sequence, "kind"))), steps_(sequence.at("ops")) {}

  void play() {
    for (const Json& step : steps_.as_array()) {
      SCOPED_TRACE(base::to_canonical(step));
      perform(step);
      if (::testing::Test::HasFailure()) return;
    }
  }

 private:
  void perform(const Json& step) {
    const bool is_status = base::string_at(step, "subresource") == "status";
    const FieldWriter writer{std::string(base::string_at(step, "manager")), is_status ? Part::Status : Part::Main,
                             base::WallTime(std::chrono::seconds(1000))};
    std::string conflict;
    Applied next;
    try {
      next = base::string_at(step, "op") == "apply" ? apply(step, writer) : update(step, writer);
    } catch (const base::Status& status) {
      conflict = status.message();
    }
    ASSERT_EQ(conflict, base::string_at(step, "conflict"));
    if (!conflict.empty()) return;
    keep_other_part(writer.part, next.value);
    next.value.at("metadata").as_object()["uid"] = "u1";
    next.value.at("metadata").as_object().erase("managedFields");
    drop_nulls(next.value);
    EXPECT_EQ(base::to_canonical(next.value), base::to_canonical(step.at("result")));
    const std::string text = next.managed.text();
    const Json entries = text.empty() ? Json(base::JsonArray()) : base::parse_json(text);
    EXPECT_EQ(shown(entries), shown(step.at("managed")));
    store(step, std::move(next.value), entries);
  }

  Applied apply(const Json& step, const FieldWriter& writer) const {
    const OnConflict how = base::bool_at(step, "force") ? OnConflict::Force : OnConflict::Refuse;
    ManagedFields managed = live_.is_null() ? ManagedFields() : managed_before(live_, nullptr);
    return apply_configuration(kind_, live_, step.at("object"), std::move(managed), writer, how);
  }

  Applied update(const Json& step, const FieldWriter& writer) const {
    Applied next{step.at("object"), {}};
    keep_other_part(writer.part, next.value);
    if (live_.is_null()) {
      track_update(kind_, kNothing, next.value, writer, next.managed);
      return next;
    }
    const Json* sent =
        writer.part == Part::Main ? base::find_path(step.at("object"), "metadata.managedFields") : nullptr;
    next.managed = managed_before(live_, sent);
    next.value.at("metadata").as_object().erase("managedFields");
    if (!next.managed.empty()) track_update(kind_, live_, next.value, writer, next.managed);
    return next;
  }

  void keep_other_part(Part part, Json& next) const {
    const Json& live = live_.is_null() ? kNothing : live_;
    if (part == Part::Main) return copy_member(live, next, "status");
    Json whole = live;
    copy_member(next, whole, "status");
    next = std::move(whole);
  }

  // Without times, so that whoever has one after a step got it there.
  void store(const Json& step, Json next, Json entries) {
    live_ = std::move(next);
    for (Json& entry : entries.as_array()) entry.as_object().erase("time");
    if (!entries.as_array().empty() && !base::bool_at(step, "forget")) {
      live_.at("metadata").as_object()["managedFields"] = std::move(entries);
    }
    if (const Json* text = step.as_object().if_contains("annotate")) {
      base::make_path(live_, "metadata.annotations")[kAnnotation] = *text;
    }
  }

  const Kind& kind_;
  const Json& steps_;
  Json live_;  // null while there is none
};

TEST(ApplyGolden, EndsAsUpstreamsFieldManagerDoes) {
  std::ifstream file(BERTH_SOURCE_DIR "/tests/golden/apply/sequences.jsonl");
  std::string line;
  int sequences = 0;
  while (std::getline(file, line)) {
    const Json sequence = base::parse_json(line);
    Sequence(sequence).play();
    if (HasFailure()) return;
    ++sequences;
  }
  EXPECT_GE(sequences, 30);
}

}  // namespace
}  // namespace berth::resources
