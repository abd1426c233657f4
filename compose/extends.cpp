// SPDX-License-Identifier: Apache-2.0
// `extends` of compose/loader.hpp: a service over another one, of the same file or of another.
#include <algorithm>

#include "compose/loader.hpp"
#include "compose/long_form.hpp"
#include "compose/merge.hpp"
#include "compose/resolve.hpp"
#include "compose/scalars.hpp"
#include "compose/tags.hpp"

namespace berth::compose {

namespace {
constexpr std::size_t kMaxDepth = 50;
}

void Loader::follow_extends(Json& document, const std::string& file, const Place& place) {
  for (const char* section : {"services", "jobs"}) {
    Json* services = document.get_object().if_contains(section);
    if (services == nullptr) continue;
    if (!services->is_object()) refuse(section, "must be a map");
    std::vector<std::string> names;
    for (const auto& member : services->get_object()) names.emplace_back(member.key());
    for (const std::string& name : names) extended(name, *services, file, place, {});
  }
}

Json Loader::extended(const std::string& name, Json& services, const std::string& file, const Place& place,
                      std::vector<Extended> chain) {
  const std::string path = member_path("services", name);
  Json service = services.get_object()[name];
  if (service.is_null()) return service;
  if (!service.is_object()) refuse(path, "must be a map");
  const Json* found = service.get_object().if_contains("extends");
  if (found == nullptr) return service;
  const Json extends = without_tags(*found);
  if (extends.is_null()) return service;
  const std::string base_name(extends.is_string() ? scalar_text(extends)
                                                  : std::string(base::string_at(extends, "service")));
  if (base_name.empty()) refuse(path + ".extends.service", "is required");

  const Extended here{file, name};
  if (std::find(chain.begin(), chain.end(), here) != chain.end()) {
    std::string way;
    for (const Extended& step : chain) way += step.service + " extends ";
    refuse(path + ".extends", "a cycle: " + way + name);
  }
  if (chain.size() > kMaxDepth) refuse(path + ".extends", "nested deeper than 50");
  chain.push_back(here);

  const std::string other_file(base::string_at(extends, "file"));
  Json others;
  Json* beside = &services;
  std::string base_file = file;
  if (!other_file.empty()) {
    base_file = is_absolute(other_file) ? clean_path(other_file) : join_path(place.directory, other_file);
    others = base_services(base_file, place);
    beside = &others;
  }
  if (!beside->get_object().contains(base_name)) {
    refuse(path + ".extends", "there is no service " + base_name + " in " + base_file);
  }
  Json base = without_tags(extended(base_name, *beside, base_file, place, std::move(chain)));
  if (base.is_null()) return service;
  erase_tagged(base, service);
  Json merged = merge(compose::service(), std::move(base), without_tags(service), path);
  merged.get_object().erase("extends");
  copy_tags(merged, service);
  merged.get_object().erase("extends");
  services.get_object()[name] = merged;
  return merged;
}

const Json& Loader::base_services(const std::string& file, const Place& place) {
  const auto key = std::pair(place.group, file);
  const auto known = bases_.find(key);
  if (known != bases_.end()) return known->second;
  return bases_.emplace(key, load_base_services(file, place)).first->second;
}

// Not checked: what comes of it is. Its paths become those of the file that extends it.
Json Loader::load_base_services(const std::string& file, const Place& place) {
  Json model = JsonObject{};
  Json tags = JsonObject{};
  require_file(file, "");
  for (const Json& document : parse(file, *place.env)) {
    erase_tagged(model, document);
    model = merge(compose_file(), std::move(model), without_tags(document), "");
    unify(compose_file(), model, "");
    lengthen(compose_file(), model, "");
    unify(compose_file(), model, "");
    tags = document;
  }
  const std::string folder = relative_path(place.directory, folder_of(file));
  resolve_paths(compose_file(), model, {folder, sources_.home}, "");
  copy_tags(model, tags);
  const Json* services = model.get_object().if_contains("services");
  if (services == nullptr || !services->is_object()) refuse("services", "is missing in " + file);
  return *services;
}

}  // namespace berth::compose
