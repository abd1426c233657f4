// SPDX-License-Identifier: Apache-2.0
#pragma once
// The port that the API's side calls: reads from the snapshots, acts on what nobody manages. What it does to images is
// in engine_port_images.cpp, how it describes what may be adopted in engine_port_manifest.cpp, plans in
// engine_port_plan.cpp.
#include "base/clock.hpp"
#include "docker/engines.hpp"
#include "reconcilers/pass/names.hpp"
#include "reconcilers/registry/pulls.hpp"
#include "resources/engine.hpp"
#include "resources/resources.hpp"

namespace berth::reconcilers {

class DockerPort : public resources::EnginePort {
 public:
  // All outlive it.
  DockerPort(resources::Resources& resources, docker::Engines& engines, Pulls& pulls, base::Clock& clock);

  std::vector<resources::EngineObject> list(Sort sort, std::string_view host) const override;
  resources::EngineObject inspect_container(std::string_view host, std::string_view id) const override;
  base::Task<void> act(resources::Caller caller, std::string host, std::string id, Action action) override;
  base::Task<base::Json> adoption_manifest(resources::Caller caller, resources::AdoptionRequest request) override;
  base::Task<base::Json> plan(base::Json candidate, std::vector<base::Json> beside) override;
  base::Task<resources::PulledImage> pull_image(resources::Caller caller, resources::ImagePull pull) override;
  base::Task<void> remove_image(resources::Caller caller, std::string host, std::string id) override;
  base::Task<resources::PrunedImages> prune_images(resources::Caller caller, std::string host) override;

 private:
  std::shared_ptr<docker::Engine> reach(std::string_view host) const;
  using Adopted = std::map<std::string, OwnerName>;
  resources::EngineObject object_of(std::string_view host, const docker::ContainerView& view,
                                    const Adopted& adopted) const;

  resources::Resources& resources_;
  docker::Engines& engines_;
  Pulls& pulls_;
  base::Clock& clock_;
};

}  // namespace berth::reconcilers
