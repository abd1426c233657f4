// SPDX-License-Identifier: Apache-2.0
// image ls, pull, rm, prune
#include "cli/command_line.hpp"
#include "cli/image.hpp"

namespace berth::cli {
namespace {

using Work = Task<int> (*)(Session&, ImageOptions);

CLI::App* add(CommandLine& line, CLI::App& image, const char* name, const char* help, Work work,
              const std::shared_ptr<ImageOptions>& options) {
  return line.add_local(image, name, help, [&line, options, work] {
    return line.run_with_session([options, work](Session& session) { return work(session, *options); });
  });
}

}  // namespace

void add_image_commands(CommandLine& line) {
  CLI::App* image = line.app().add_subcommand("image", "images on the engines of Hosts: ls, pull, rm, prune");
  image->require_subcommand(1);
  auto options = std::make_shared<ImageOptions>();

  CLI::App* ls = add(line, *image, "ls", "what is there, with size and who uses it", run_image_ls, options);
  ls->add_option("--host", options->host, "only of this Host");
  ls->add_option("-o,--output", options->output, "wide, yaml, json or name");
  ls->add_flag("--no-headers", options->no_headers, "no line of headers");

  CLI::App* pull = add(line, *image, "pull", "pulls images; waits until they are there", run_image_pull, options);
  pull->footer("The credentials are those of the Registry in namespace berth-system that is for the image's server.");
  pull->add_option("IMAGE", options->images, "references, such as nginx:1.27")->required();
  pull->add_option("--host", options->host, "on this Host")->required();
  pull->add_option("--platform", options->platform, "operating system and architecture, such as linux/arm64");

  CLI::App* rm =
      add(line, *image, "rm", "removes images with their tags, unless a container uses them", run_image_rm, options);
  rm->add_option("IMAGE", options->images, "tags, ids, or names as ls -o name prints them")->required();
  rm->add_option("--host", options->host, "of this Host");

  CLI::App* prune =
      add(line, *image, "prune", "removes images that have no tag and no container", run_image_prune, options);
  prune->add_option("--host", options->host, "of this Host")->required();
}

}  // namespace berth::cli
