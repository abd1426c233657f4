// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/registry/registry_choice.hpp"

#include "docker/image_reference.hpp"
#include "reconcilers/registry/registry_login.hpp"

namespace berth::reconcilers {
namespace {

using base::Task;
using schemas::Registry;

constexpr const char* kSystem = "berth-system";

const schemas::Kind& registry_kind() { return schemas::Catalog::instance().by_name("Registry"); }

Registry read_named(const resources::Resources& resources, const std::string& ns, const std::string& image,
                    const std::string& server, const std::string& name) {
  const auto object = resources.find(registry_kind(), ns, name);
  if (!object) {
    throw base::Status(base::Reason::NotFound,
                       "spec.registryRef: namespace \"" + ns + "\" has no Registry \"" + name + "\"");
  }
  Registry registry = schemas::decode_registry(object->parse());
  const std::string of = docker::registry_name(registry.spec.server);
  if (of == server) return registry;
  throw base::bad_request("spec.registryRef: Registry \"" + name + "\" is for " + of + ", and " + image +
                          " is pulled from " + server + ": its credentials are not sent there");
}

// In the order of names.
Task<std::optional<Registry>> find_for(const resources::Resources& resources, std::string ns, std::string server) {
  const resources::ListPage page = co_await resources.list(registry_kind(), ns, {});
  for (const resources::Object& object : page.items) {
    Registry registry = schemas::decode_registry(object.parse());
    if (docker::registry_name(registry.spec.server) == server) co_return registry;
  }
  co_return std::nullopt;
}

}  // namespace

std::string RegistryChoice::describe() const {
  if (registry.empty()) return "without credentials: no Registry here or in berth-system is for " + server;
  return (auth.empty() ? "as anybody, by Registry " : "with the credentials of Registry ") + registry;
}

Task<RegistryChoice> choose_registry(const resources::Resources& resources, std::string ns, std::string image,
                                     std::optional<schemas::LocalRef> ref) {
  RegistryChoice choice;
  choice.server = docker::registry_of(image);
  std::optional<Registry> registry;
  if (ref) {
    registry = read_named(resources, ns, image, choice.server, ref->name);
  } else {
    registry = co_await find_for(resources, ns, choice.server);
    if (!registry && ns != kSystem) registry = co_await find_for(resources, kSystem, choice.server);
  }
  if (!registry) co_return choice;
  choice.registry = registry->metadata.ns + "/" + registry->metadata.name;
  try {
    const RegistryLogin login = open_login(resources, *registry);
    choice.auth = auth_header(login, choice.server);
    choice.mark = login_mark(login, resources.hash_key());
  } catch (const base::Status& status) {
    throw status.with_prefix("Registry " + choice.registry);
  }
  co_return choice;
}

}  // namespace berth::reconcilers
