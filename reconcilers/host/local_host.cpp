// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/host/local_host.hpp"

#include <filesystem>

#include "schemas/catalog.hpp"

namespace berth::reconcilers {

base::Task<bool> make_local_host(resources::Resources& resources, std::string socket) {
  std::error_code ignored;
  if (!std::filesystem::is_socket(socket, ignored)) co_return false;
  const schemas::Kind& kind = schemas::Catalog::instance().by_name("Host");
  if (resources.find(kind, "", "local")) co_return false;
  resources::Body body;
  body.value = {{"apiVersion", kind.api_version()},
                {"kind", kind.kind},
                {"metadata", {{"name", "local"}}},
                {"spec", {{"local", {{"socket", socket}}}}}};
  const resources::Caller caller = resources::controller_caller("bootstrap");
  co_await resources.create(caller, kind, "", std::move(body), {});
  co_return true;
}

}  // namespace berth::reconcilers
