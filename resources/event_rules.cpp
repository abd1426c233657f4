// SPDX-License-Identifier: Apache-2.0
#include "resources/event_rules.hpp"

#include <array>

#include "resources/object/core_kinds.hpp"
#include "schemas/causes.hpp"
#include "schemas/formats.hpp"

namespace berth::resources {
namespace {

using base::Json;
using base::string_at;
using schemas::Causes;

constexpr std::size_t kMostShort = 128;
constexpr std::size_t kMostNote = 1024;

// Go has no absent members: the empty value is the same.
bool is_unset(const Json* value) {
  if (value == nullptr || value->is_null()) return true;
  if (value->is_string()) return value->get_string().empty();
  if (value->is_object()) return value->get_object().empty();
  return value->is_int64() && value->get_int64() == 0;
}

bool is_unset(const Json& object, std::string_view path) { return is_unset(base::find_path(object, path)); }

bool same(const Json* a, const Json* b) {
  if (is_unset(a) || is_unset(b)) return is_unset(a) == is_unset(b);
  return base::json_equal(*a, *b);
}

void check_length(const Json& event, const char* field, std::size_t most, Causes& causes) {
  if (string_at(event, field).size() <= most) return;
  causes.invalid(field, "", "can have at most " + std::to_string(most) + " characters");
}

void require(const Json& event, const char* field, Causes& causes) {
  if (string_at(event, field).empty()) causes.required(field);
}

// What is asked of an Event with an eventTime, by which upstream tells new ones from old.
void check_new_form(const Json& event, Causes& causes) {
  const std::string_view controller = string_at(event, "reportingComponent");
  if (controller.empty()) causes.required("reportingController");
  const std::string_view why = schemas::find_format("label-key")->check(controller);
  if (!why.empty()) causes.invalid("reportingController", Json(controller), why);
  require(event, "reportingInstance", causes);
  check_length(event, "reportingInstance", kMostShort, causes);
  for (const char* field : {"action", "reason"}) {
    require(event, field, causes);
    check_length(event, field, kMostShort, causes);
  }
  check_length(event, "message", kMostNote, causes);
}

void check_of_any(const Json& event, Causes& causes) {
  const std::string_view ns = string_at(event, "metadata.namespace");
  const std::string_view about = string_at(event, "involvedObject.namespace");
  const bool is_new = !is_unset(event, "eventTime");
  // Of a cluster-scoped object they are in default; new ones may be in kube-system, and be about another namespace.
  const bool at_home = about.empty() ? ns == "default" || (is_new && ns == "kube-system") : is_new || about == ns;
  if (!at_home) causes.invalid("involvedObject.namespace", Json(about), "does not match event.namespace");
  if (is_new) check_new_form(event, causes);
}

void check_series(const Json& event, Causes& causes) {
  if (base::find_path(event, "series") == nullptr) return;
  if (base::int_at(event, "series.count") < 2) causes.invalid("series.count", "", "should be at least 2");
  require(event, "series.lastObservedTime", causes);
}

void check_strictly(const Json& event, Causes& causes) {
  check_series(event, causes);
  require(event, "eventTime", causes);
  const std::string_view type = string_at(event, "type");
  if (type != "Normal" && type != "Warning") {
    causes.invalid("type", "", std::string("has invalid value: ").append(type));
  }
  for (const char* field : {"firstTimestamp", "lastTimestamp", "count"}) {
    if (!is_unset(event, field)) causes.invalid(field, "", "needs to be unset");
  }
  const bool has_source = !is_unset(event, "source.component") || !is_unset(event, "source.host");
  if (has_source) causes.invalid("source", "", "needs to be unset");
}

struct Fixed {
  const char* stored;
  const char* named;
};
constexpr std::array<Fixed, 13> kFixed = {{{"involvedObject", "involvedObject"},
                                           {"reason", "reason"},
                                           {"message", "message"},
                                           {"source", "source"},
                                           {"firstTimestamp", "firstTimestamp"},
                                           {"lastTimestamp", "lastTimestamp"},
                                           {"count", "count"},
                                           {"type", "type"},
                                           {"eventTime", "eventTime"},
                                           {"action", "action"},
                                           {"related", "related"},
                                           {"reportingComponent", "reportingController"},
                                           {"reportingInstance", "reportingInstance"}}};

void check_change(const Json& event, const Json& before, Causes& causes) {
  if (!same(base::find_path(event, "series"), base::find_path(before, "series"))) check_series(event, causes);
  for (const Fixed& field : kFixed) {
    const Json* now = base::find_path(event, field.stored);
    if (same(now, base::find_path(before, field.stored))) continue;
    causes.invalid(field.named, now == nullptr ? Json("") : *now, "field is immutable");
  }
}

}  // namespace

std::vector<base::Cause> check_event(const schemas::Kind& kind, const schemas::Kind* seen_as, const Json& object,
                                     const Json* before) {
  if (!is_core_kind(kind, "Event")) return {};
  Causes causes;
  check_of_any(object, causes);
  if (seen_as != nullptr && before == nullptr) check_strictly(object, causes);
  if (seen_as != nullptr && before != nullptr) check_change(object, *before, causes);
  return causes.take();
}

}  // namespace berth::resources
