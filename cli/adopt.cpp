// SPDX-License-Identifier: Apache-2.0
// adopt
#include <ostream>

#include "base/http.hpp"
#include "base/yaml.hpp"
#include "cli/command_line.hpp"
#include "cli/session.hpp"

namespace berth::cli {
namespace {

struct AdoptOptions {
  std::string host;
  std::string container;
  std::string name;
};

Task<int> run_adopt(Session& session, AdoptOptions options) {
  const std::string path =
      "/apis/engine.berth.dev/v1/hosts/" + base::percent_encode(options.host) + "/containers/manifest";
  base::JsonObject body{{"container", options.container}, {"namespace", session.ns}};
  if (!options.name.empty()) body["name"] = options.name;
  std::string text = base::to_canonical(body);
  const Reply reply = co_await session.client.send("POST", path, "application/json", std::move(text));
  session.out << base::to_yaml(reply.body.at("manifest"));
  const base::JsonArray& unsaid = reply.body.at("unsaid").as_array();
  for (const Json& field : unsaid) {
    session.err << "a Container has no word for " << std::string_view(field.get_string()) << " of container "
                << options.container << ": it cannot be adopted as it is\n";
  }
  co_return unsaid.empty() ? 0 : 1;
}

}  // namespace

void add_adopt_command(CommandLine& line) {
  auto [adopt, options] =
      line.add(line.app(), "adopt", "writes the manifest that takes a running container over", run_adopt);
  adopt->footer(
      "Applied, it takes the container over as it runs: nothing is restarted, and where the manifest says something\n"
      "else than what runs, nothing is done. Needs the verb adopt on the Host.\n"
      "Example: berth adopt local web > web.yaml && berth apply -f web.yaml --wait");
  adopt->add_option("HOST", options->host, "the Host that it runs on")->required();
  adopt->add_option("CONTAINER", options->container, "its name or id on the engine")->required();
  adopt->add_option("--name", options->name, "name of the Container; default: the engine's name");
}

}  // namespace berth::cli
