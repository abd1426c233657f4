// SPDX-License-Identifier: Apache-2.0
#include "resources/object/object_key.hpp"

#include <algorithm>
#include <map>

#include "resources/object/core_kinds.hpp"
#include "schemas/admit.hpp"

namespace berth::resources {
namespace {

constexpr std::size_t kUsualTerms = 4;  // beside those of labels

std::string joined(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const auto part : parts) size += part.size();
  std::string text;
  text.reserve(size);
  for (const auto part : parts) text.append(part);
  return text;
}

// As upstream's strategy of Events: its source is the component, by either name.
std::string_view selected_value(const Kind& kind, const Json& object, std::string_view path) {
  if (path != "source" || !is_core_kind(kind, "Event")) return base::string_at(object, path);
  const std::string_view component = base::string_at(object, "source.component");
  return component.empty() ? base::string_at(object, "reportingComponent") : component;
}

}  // namespace

std::string key_prefix(const Kind& kind, std::string_view ns) { return key_of(kind, ns, ""); }

std::string key_of(const Kind& kind, std::string_view ns, std::string_view name) {
  const bool inside = kind.namespaced && !ns.empty();
  const std::string_view group = kind.group.empty() ? "core" : std::string_view(kind.group);
  return joined({"/", group, "/", kind.plural, "/", inside ? ns : "", inside ? "/" : "", name});
}

PlaceInKey place_in(const Kind& kind, std::string_view key) {
  const std::size_t last = key.rfind('/');
  const std::string_view name = key.substr(last + 1);
  if (!kind.namespaced) return {"", name};
  const std::size_t before = key.rfind('/', last - 1);
  return {key.substr(before + 1, last - before - 1), name};
}

const Kind* kind_of_key(std::string_view key) {
  static const auto by_prefix = [] {
    std::map<std::string, const Kind*, std::less<>> kinds;
    for (const Kind& kind : schemas::Catalog::instance().kinds()) kinds.emplace(key_prefix(kind, ""), &kind);
    return kinds;
  }();
  const std::size_t group = key.find('/', 1);
  const std::size_t plural = group == std::string_view::npos ? group : key.find('/', group + 1);
  if (plural == std::string_view::npos) return nullptr;
  const auto found = by_prefix.find(key.substr(0, plural + 1));
  return found == by_prefix.end() ? nullptr : found->second;
}

std::string owner_term(std::string_view uid) { return joined({kOwnerTermPrefix, uid}); }
std::string ref_term(std::string_view target_kind, std::string_view ns, std::string_view name) {
  return joined({"ref/", target_kind, "/", ns, "/", name});
}

std::optional<PlaceInKey> referred_by(std::string_view term, std::string_view target_kind) {
  constexpr std::string_view kPrefix = "ref/";
  if (!term.starts_with(kPrefix)) return std::nullopt;
  term.remove_prefix(kPrefix.size());
  if (!term.starts_with(target_kind) || term.substr(target_kind.size(), 1) != "/") return std::nullopt;
  term.remove_prefix(target_kind.size() + 1);
  const std::size_t slash = term.find('/');
  return PlaceInKey{term.substr(0, slash), term.substr(slash + 1)};
}

std::string field_term(std::string_view path, std::string_view value) { return joined({"field/", path, "=", value}); }
std::string label_term(std::string_view key, std::string_view value) { return joined({"label/", key, "=", value}); }
std::string label_key_term(std::string_view key) { return joined({"label-key/", key}); }

const std::vector<std::string_view>& selectable_fields(const Kind& kind) {
  // Upstream's own, for the built-in kinds that clients select by field.
  static const std::vector<std::string_view> none;
  static const std::vector<std::string_view> of_event = {"involvedObject.apiVersion",
                                                         "involvedObject.fieldPath",
                                                         "involvedObject.kind",
                                                         "involvedObject.name",
                                                         "involvedObject.namespace",
                                                         "involvedObject.resourceVersion",
                                                         "involvedObject.uid",
                                                         "reason",
                                                         "reportingComponent",
                                                         "source",
                                                         "type"};
  static const std::vector<std::string_view> of_secret = {"type"};
  static const std::vector<std::string_view> of_namespace = {"status.phase"};
  static const std::vector<std::string_view> of_engine = {"host"};
  if (kind.group == "engine.berth.dev") return of_engine;
  if (!kind.group.empty()) return none;
  if (kind.kind == "Event") return of_event;
  if (kind.kind == "Secret") return of_secret;
  if (kind.kind == "Namespace") return of_namespace;
  return none;
}

std::vector<std::string> index_terms(const Kind& kind, const Json& object) {
  std::vector<std::string> terms;
  if (const Json* labels = base::find_path(object, "metadata.labels"); labels != nullptr && labels->is_object()) {
    terms.reserve(2 * labels->get_object().size() + kUsualTerms);
    for (const auto& label : labels->get_object()) {
      terms.push_back(label_term(label.key(), label.value().as_string()));
      terms.push_back(label_key_term(label.key()));
    }
  }
  if (const Json* owners = base::find_path(object, "metadata.ownerReferences");
      owners != nullptr && owners->is_array()) {
    for (const Json& owner : owners->get_array()) terms.push_back(owner_term(base::string_at(owner, "uid")));
  }
  for (const schemas::Reference& reference : schemas::references(kind, object)) {
    terms.push_back(ref_term(reference.kind, reference.ns, reference.name));
  }
  for (const std::string_view path : selectable_fields(kind)) {
    terms.push_back(field_term(path, selected_value(kind, object, path)));
  }
  if (base::find_path(object, "metadata.deletionTimestamp") != nullptr) terms.emplace_back(kDeletingTerm);
  if (kind.kind == "Host" && base::bool_at(object, "spec.unschedulable")) terms.emplace_back(kUnschedulableTerm);
  std::ranges::sort(terms);
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  return terms;
}

}  // namespace berth::resources
