// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "base/indented_json.hpp"
#include "base/status.hpp"
#include "base/yaml.hpp"
#include "cli/commands.hpp"

namespace berth::cli {

Task<int> run_version(AccessFlags flags, std::string output) {
  if (!output.empty() && output != "json" && output != "yaml") {
    throw base::bad_request("--output must be yaml or json, found \"" + output + "\"");
  }
  Json all{{"clientVersion", {{"gitVersion", std::string("v") + BERTH_VERSION}}}};
  std::string trouble;
  try {
    ApiClient client(resolve_access(merge_kubeconfigs(kubeconfig_files(flags)), flags));
    Reply reply = co_await client.get("/version");
    all.get_object()["serverVersion"] = std::move(reply.body);
  } catch (const base::Status& status) {
    trouble = error_line(status);
  }
  if (output == "json") {
    std::cout << base::indent_json(base::to_canonical(all), 4);
  } else if (output == "yaml") {
    std::cout << base::to_yaml(all);
  } else {
    std::cout << "Client Version: " << base::string_at(all, "clientVersion.gitVersion") << "\n";
    if (trouble.empty()) std::cout << "Server Version: " << base::string_at(all, "serverVersion.gitVersion") << "\n";
  }
  if (!trouble.empty()) std::cerr << trouble << "\n";
  co_return trouble.empty() ? 0 : 1;
}

}  // namespace berth::cli
