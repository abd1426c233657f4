// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"
#include "tests/fake_engine/world.hpp"

namespace berth::fake_engine {

std::string with_tag(const std::string& reference) {
  if (reference.find('@') != std::string::npos || reference.starts_with("sha256:")) return reference;
  const std::size_t slash = reference.rfind('/');
  const std::size_t colon = reference.find(':', slash == std::string::npos ? 0 : slash);
  return colon == std::string::npos ? reference + ":latest" : reference;
}

// With a graph driver an id is the digest of the config; with 29's containerd store it is that of the manifest.
std::string World::image_id_for(const std::string& reference, const std::string& content) const {
  const std::string what = reference.substr(0, reference.find('@')) + "\n" + content;
  return "sha256:" + base::to_hex(base::sha256((is_29() ? "manifest " : "config ") + what));
}

const FakeImage* World::find_image(const std::string& reference) const {
  if (reference.empty()) return nullptr;
  if (const auto found = images.find(reference); found != images.end()) return &found->second;
  const std::string tagged = with_tag(reference);
  const std::size_t at = reference.find('@');
  for (const auto& [id, image] : images) {
    if (image.tags.contains(tagged)) return &image;
    if (at != std::string::npos && image.digest == reference.substr(at + 1)) return &image;
    if (reference.size() >= 6 && id.substr(7).starts_with(reference)) return &image;
  }
  return nullptr;
}

FakeImage& World::image(const std::string& reference) {
  const FakeImage* found = find_image(reference);
  if (found == nullptr) throw Refused{404, "No such image: " + with_tag(reference)};
  return images.at(found->id);
}

FakeImage& World::tag(const std::string& reference, const std::string& content) {
  const std::string name = with_tag(reference);
  const std::string id = image_id_for(name, content);
  for (auto& [other_id, other] : images) {
    if (other_id != id && other.tags.erase(name) > 0) events.raise("image", "untag", other_id, {{"name", other_id}});
  }
  FakeImage& made = images[id];
  made.id = id;
  made.tags.insert(name);
  if (const auto found = behaviours_.find(name); found != behaviours_.end()) made.on_start = found->second;
  return made;
}

void World::add_image(const std::string& reference, const std::string& content) { import_image(reference, content); }

std::string World::import_image(const std::string& reference, const std::string& content) {
  FakeImage& made = tag(reference, content);
  if (is_29()) made.digest = made.id;
  events.raise("image", "tag", made.id, {{"name", with_tag(reference)}});
  events.raise("image", "import", made.id, {{"name", made.id}});
  return made.id;
}

void World::publish(const std::string& reference, const std::string& content) {
  registry_[with_tag(reference)] = content;
}

void World::set_behaviour(const std::string& reference, StartBehaviour behaviour) {
  const std::string name = with_tag(reference);
  behaviours_[name] = behaviour;
  if (const FakeImage* found = find_image(name)) images.at(found->id).on_start = behaviour;
}

std::string World::pull_image(const std::string& reference, const std::string& platform) {
  const std::string name = with_tag(reference);
  const auto for_platform = registry_.find(with_tag(name + " " + platform));
  const bool other = !platform.empty() && for_platform != registry_.end();
  const auto found = other ? for_platform : registry_.find(name);
  if (found == registry_.end()) {
    const std::string repository = name.substr(0, name.find_first_of(":@", name.rfind('/') + 1));
    throw Refused{404, "pull access denied for " + repository +
                           ", repository does not exist or may require 'docker login': denied: requested access to "
                           "the resource is denied"};
  }
  FakeImage& made = tag(name, found->second);
  if (other) made.architecture = platform.substr(platform.find('/') + 1);
  made.digest = "sha256:" + base::to_hex(base::sha256("manifest " + name + "\n" + found->second));
  events.raise("image", "pull", name, {{"name", name}});
  return made.digest;
}

JsonArray World::remove_image(const std::string& reference) {
  FakeImage& target = image(reference);
  std::string user;
  for (const auto& [id, container] : containers) {
    if (container->image_id == target.id) user = id.substr(0, 12);
  }
  const std::string name = with_tag(reference);
  const bool last_tag = target.tags.size() <= 1;
  if (!user.empty() && last_tag) {
    throw Refused{409, "conflict: unable to remove repository reference \"" + reference + "\" (" +
                           (is_29() ? "must be forced" : "must force") + ") - container " + user +
                           " is using its referenced image " + target.id.substr(7, 12)};
  }
  JsonArray answer;
  const std::string id = target.id;
  if (target.tags.erase(name) > 0) {
    events.raise("image", "untag", id, {{"name", id}});
    answer.push_back(JsonObject{{"Untagged", name}});
  }
  if (target.tags.empty() || reference == id) {
    images.erase(id);
    events.raise("image", "delete", id, {{"name", id}});
    answer.push_back(JsonObject{{"Deleted", id}});
  }
  return answer;
}

}  // namespace berth::fake_engine
