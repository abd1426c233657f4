// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/last_applied.hpp"

#include "resources/apply/field_walk.hpp"
#include "resources/apply/go_json.hpp"
#include "schemas/admit.hpp"

namespace berth::resources {
namespace {

constexpr std::size_t kMostAnnotationBytes = 256 * 1024;  // upstream's

Json* annotations_of(Json& object) {
  Json* annotations = base::find_path(object, "metadata.annotations");
  return annotations != nullptr && annotations->is_object() ? annotations : nullptr;
}

std::string_view last_applied_of(const Json& object) {
  const Json* annotations = base::find_path(object, "metadata.annotations");
  if (annotations == nullptr || !annotations->is_object()) return {};
  const Json* text = annotations->get_object().if_contains(kLastApplied);
  return text != nullptr && text->is_string() ? std::string_view(text->get_string()) : std::string_view();
}

std::size_t bytes_of(const base::JsonObject& annotations) {
  std::size_t bytes = 0;
  for (const auto& entry : annotations) {
    bytes += entry.key().size() + (entry.value().is_string() ? entry.value().get_string().size() : 0);
  }
  return bytes;
}

// Nothing when it is not what client-side apply writes.
std::optional<Json> parse(const Kind& kind, std::string_view text) {
  try {
    Json value = base::parse_json(text);
    if (!value.is_object() || base::string_at(value, "apiVersion") != kind.api_version()) return std::nullopt;
    if (!schemas::prune(kind, value).empty()) return std::nullopt;
    return value;
  } catch (const base::Status&) {
    return std::nullopt;
  }
}

}  // namespace

FieldSet last_applied_fields(const Kind& kind, const Json& live) {
  const std::string_view text = last_applied_of(live);
  if (text.empty()) return {};
  const std::optional<Json> last = parse(kind, text);
  if (!last) return {};
  FieldSet fields = fields_of(*kind.schema, *last);
  const FieldChanges changes = compare_fields(*kind.schema, *last, live);
  fields.subtract(changes.modified);
  fields.subtract(changes.added);
  fields.subtract(changes.removed);
  return fields;
}

void renew_last_applied(Json& object, const Json& configuration) {
  if (last_applied_of(object).empty()) return;
  Json applied = configuration;
  if (Json* annotations = annotations_of(applied)) annotations->get_object().erase(kLastApplied);
  base::JsonObject& annotations = annotations_of(object)->get_object();
  annotations[kLastApplied] = to_go_json(applied) + "\n";
  if (bytes_of(annotations) > kMostAnnotationBytes) annotations.erase(kLastApplied);
}

}  // namespace berth::resources
