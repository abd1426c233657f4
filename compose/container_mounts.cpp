// SPDX-License-Identifier: Apache-2.0
// Volumes, binds, memory file systems, configs and secrets of a container; declared in compose/expander.hpp.
#include "base/crypto.hpp"
#include "base/utf8.hpp"
#include "compose/expander.hpp"
#include "compose/scalars.hpp"
#include "compose/secret_text.hpp"

namespace berth::compose {

namespace {

constexpr const char* kReadOnlyRoot = "the engine writes no file into a read-only root filesystem";

bool is_text(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = base::utf8_length(bytes);
    if (length == 0 || bytes[0] == '\0') return false;
    bytes.remove_prefix(length);
  }
  return true;
}

class Mounts {
 public:
  Mounts(const Instance& instance, JsonObject& made) : in_(instance), made_(made) {}

  void put() {
    std::size_t index = 0;
    for (const Json& mount : items(in_.spec, "volumes")) put_mount(mount, item_path(in_.path + ".volumes", index++));
    index = 0;
    for (const Json& tmpfs : items(in_.spec, "tmpfs")) {
      put_tmpfs(scalar_text(tmpfs), item_path(in_.path + ".tmpfs", index++));
    }
  }

 private:
  void add(JsonObject mount) {
    Json& mounts = made_["mounts"];
    if (!mounts.is_array()) mounts = JsonArray{};
    mounts.get_array().push_back(std::move(mount));
  }

  void put_mount(const Json& mount, const std::string& path) {
    const std::string_view type = base::string_at(mount, "type");
    JsonObject one{{"target", base::string_at(mount, "target")}};
    copy(mount, "read_only", one, "readOnly");
    if (!base::string_at(mount, "consistency").empty()) in_.with.warn(path + ".consistency", "is ignored");
    if (type == "bind") {
      put_bind(mount, std::move(one), path);
    } else if (type == "volume") {
      put_volume(mount, std::move(one), path);
    } else if (type == "tmpfs") {
      one["type"] = "Tmpfs";
      JsonObject options;
      copy(mount, "tmpfs.size", options, "size");
      const std::int64_t mode = base::int_at(mount, "tmpfs.mode", -1);
      if (mode >= 0) options["mode"] = Json(octal(mode));
      if (!options.empty()) one["tmpfsOptions"] = std::move(options);
      add(std::move(one));
    } else {
      in_.with.fail(path + ".type", std::string(type) + " is not supported: use bind, volume or tmpfs");
    }
  }

  static std::string octal(std::int64_t mode) {
    std::string digits;
    for (; mode > 0; mode /= 8) digits.insert(digits.begin(), static_cast<char>('0' + mode % 8));
    return digits.size() < 4 ? std::string(4 - digits.size(), '0') + digits : digits;
  }

  // A relative bind is a file of the stack, or lies below the stack's folder on the host.
  void put_bind(const Json& mount, JsonObject one, const std::string& path) {
    std::string source(base::string_at(mount, "source"));
    const std::string target(base::string_at(mount, "target"));
    if (in_.with.model.relative.contains({in_.service, target})) {
      if (const std::string* file = find_file(in_.with.sources, source)) {
        put_file_in(*file, target, path);
        return;
      }
      const std::string& host_dir = in_.with.target.host_dir;
      const std::string below = relative_path(in_.with.sources.working_dir, source);
      if (host_dir.empty()) {
        in_.with.fail(path, below +
                                " is a relative path, and no file of the stack's; a folder is never sent along. Use an "
                                "absolute path or a named volume, put the file among the stack's files, or name the "
                                "folder on the host that it lies below: spec.hostDir, --host-dir of berth compose");
        return;
      }
      source = join_path(host_dir, below);
    }
    one["type"] = "Bind";
    one["source"] = Json(source);
    JsonObject options;
    copy(mount, "bind.propagation", options, "propagation");
    if (base::bool_at(mount, "bind.create_host_path", true) && !mount_keeps_path(mount)) {
      if (in_.with.target.missing_path == MissingPath::Made) {
        options["createMountpoint"] = true;
      } else {
        in_.with.warn(path, source + " must be there on the host: this engine makes no path (needs API 1.42)");
      }
    }
    if (!base::string_at(mount, "bind.selinux").empty()) in_.with.warn(path + ".bind.selinux", "is ignored");
    const std::string_view recursive = base::string_at(mount, "bind.recursive");
    if (recursive == "disabled") options["nonRecursive"] = true;
    if (recursive == "writable" || recursive == "readonly") in_.with.warn(path + ".bind.recursive", "is ignored");
    if (!options.empty()) one["bindOptions"] = std::move(options);
    add(std::move(one));
  }

  // A long form without `bind` asks for no folder to be made.
  static bool mount_keeps_path(const Json& mount) { return !mount.get_object().contains("bind"); }

  void put_file_in(const std::string& content, const std::string& target, const std::string& path) {
    if (!is_text(content)) {
      in_.with.fail(path, "the file is no text");
      return;
    }
    if (base::bool_at(in_.spec, "read_only")) in_.with.fail(path, kReadOnlyRoot);
    Json& files = made_["files"];
    if (!files.is_array()) files = JsonArray{};
    files.get_array().push_back(JsonObject{{"path", target}, {"content", content}});
  }

  void put_volume(const Json& mount, JsonObject one, const std::string& path) {
    const std::string source(base::string_at(mount, "source"));
    one["type"] = "Volume";
    JsonObject options;
    copy(mount, "volume.nocopy", options, "noCopy");
    copy(mount, "volume.subpath", options, "subpath");
    if (!members(mount, "volume.labels").empty())
      in_.with.warn(path + ".volume.labels", "is ignored: label the volume");
    if (!options.empty()) one["volumeOptions"] = std::move(options);
    if (source.empty()) {
      one["volumeRef"] = JsonObject{{"name", anonymous(base::string_at(mount, "target"))}};
    } else {
      const Json& volume = *members(in_.with.model.json, "volumes").if_contains(source);
      const std::string_view name = base::string_at(volume, "name");
      if (base::bool_at(volume, "external")) {
        one["source"] = name;
      } else {
        one["volumeRef"] = JsonObject{{"name", child_name(name)}};
      }
    }
    add(std::move(one));
  }

  // A volume without a name gets one that lasts, so that a new container finds its data.
  std::string anonymous(std::string_view target) {
    const std::string base_name = in_.with.project + "_" + in_.service + "_" + std::to_string(in_.number);
    const std::string hashed = child_name(base_name + std::string(target));
    const std::string name = base_name + "_" + hashed.substr(hashed.size() - 8);
    const Json volume = JsonObject{{"name", name}};
    Json object = volume_object(in_.with, base_name, volume);
    const std::string made_name(base::string_at(object, "metadata.name"));
    in_.with.volumes.insert_or_assign(made_name, std::move(object));
    return made_name;
  }

  // /run:size=64m,mode=1770
  void put_tmpfs(const std::string& text, const std::string& path) {
    const std::size_t colon = text.find(':');
    JsonObject one{{"type", "Tmpfs"}, {"target", clean_path(text.substr(0, colon))}};
    JsonObject options;
    std::string_view left = colon == std::string::npos ? std::string_view() : std::string_view(text).substr(colon + 1);
    while (!left.empty()) {
      const std::string option(left.substr(0, left.find(',')));
      left.remove_prefix(std::min(option.size() + 1, left.size()));
      if (option.starts_with("size=")) {
        const auto size = read_bytes(option.substr(5));
        if (!size) in_.with.fail(path, "\"" + option + "\" is no size");
        if (size) options["size"] = Json(std::to_string(*size));
      } else if (option.starts_with("mode=")) {
        options["mode"] = Json(option.substr(5));
      } else if (option == "ro") {
        one["readOnly"] = true;
      } else if (option != "rw") {
        in_.with.warn(path, "option \"" + option + "\" is not supported, and ignored");
      }
    }
    if (!options.empty()) one["tmpfsOptions"] = std::move(options);
    add(std::move(one));
  }

  const Instance& in_;
  JsonObject& made_;
};

class Grants {
 public:
  Grants(const Instance& instance, JsonObject& made) : in_(instance), made_(made) {}

  void put(const char* section) {
    const bool secret = std::string_view(section) == "secrets";
    std::size_t index = 0;
    for (const Json& grant : items(in_.spec, section)) {
      const std::string path = item_path(member_path(in_.path, section), index++);
      const std::string source(base::string_at(grant, "source"));
      std::string target(base::string_at(grant, "target"));
      if (target.empty()) target = source;
      if (!is_absolute(target)) target = join_path(secret ? "/run/secrets" : "/", target);
      for (const char* owner : {"uid", "gid"}) {
        if (grant.get_object().contains(owner)) in_.with.warn(path + "." + owner, "is ignored: the file is root's");
      }
      put_one(section, source, *members(in_.with.model.json, section).if_contains(source),
              {path, target, std::string(base::string_at(grant, "mode"))});
    }
  }

 private:
  struct Place {
    std::string path;    // in the compose file
    std::string target;  // in the container
    std::string mode;
  };

  void put_one(const char* section, const std::string& key, const Json& resource, const Place& place) {
    const std::string name(base::string_at(resource, "name"));
    if (base::bool_at(resource, "external")) return put_reference(section, name, key, place);
    for (const char* attribute : {"driver", "template_driver"}) {
      if (resource.get_object().contains(attribute)) {
        in_.with.fail(member_path(section, key) + "." + attribute, "is not supported");
      }
    }
    const std::string file(base::string_at(resource, "file"));
    if (!file.empty() && find_file(in_.with.sources, file) == nullptr) return put_host_file(section, key, file, place);
    const auto content = content_of(section, key, resource);
    if (!content) return;
    const bool secret = std::string_view(section) == "secrets";
    if (secret || has_secret(*content)) {
      const std::string own_name = secret ? name : name + ".config";  // there may be a secret of the config's name
      Json object = in_.with.object("Secret", own_name, {});
      const std::string bytes = reveal(*content, in_.with.sources.secrets);
      object.get_object()["data"] = JsonObject{{key, base::to_base64(bytes)}};
      in_.with.contents.insert_or_assign("Secret/" + own_name, std::move(object));
      return put_reference("secrets", child_name(own_name), key, place);
    }
    if (!is_text(*content)) return in_.with.fail(member_path(section, key), "the file is no text");
    Json object = in_.with.object("ConfigMap", name, {});
    object.get_object()["data"] = JsonObject{{key, *content}};
    in_.with.contents.insert_or_assign("ConfigMap/" + name, std::move(object));
    put_reference("configs", child_name(name), key, place);
  }

  std::optional<std::string> content_of(const char* section, const std::string& key, const Json& resource) {
    if (const std::string* file = find_file(in_.with.sources, base::string_at(resource, "file"))) return *file;
    if (const Json* content = resource.get_object().if_contains("content")) return scalar_text(*content);
    const auto variable = in_.with.model.contents.find(member_path(section, key));
    if (variable != in_.with.model.contents.end()) return variable->second;
    const std::string name(base::string_at(resource, "environment"));
    if (name.empty()) return "";  // content: "", which the model leaves out
    in_.with.fail(member_path(section, key), "variable " + name + " is not set");
    return std::nullopt;
  }

  // A path on the host, as compose would mount it.
  void put_host_file(const char* section, const std::string& key, const std::string& file, const Place& place) {
    const std::string below = relative_path(in_.with.sources.working_dir, file);
    if (!below.starts_with("..")) {
      in_.with.fail(member_path(section, key) + ".file", below + " is not among the stack's files");
      return;
    }
    Json& mounts = made_["mounts"];
    if (!mounts.is_array()) mounts = JsonArray{};
    mounts.get_array().push_back(
        JsonObject{{"type", "Bind"}, {"source", file}, {"target", place.target}, {"readOnly", true}});
    if (!place.mode.empty()) in_.with.warn(place.path + ".mode", "is ignored: the file is the host's");
  }

  void put_reference(std::string_view section, const std::string& name, const std::string& key, const Place& place) {
    Json& files = made_["files"];
    if (!files.is_array()) files = JsonArray{};
    const JsonObject reference{{"name", name}, {"key", key}};
    JsonObject file{{"path", place.target}, {"mode", place.mode.empty() ? "0444" : place.mode}};
    file[section == "secrets" ? "secretKeyRef" : "configMapKeyRef"] = reference;
    files.get_array().push_back(std::move(file));
    if (base::bool_at(in_.spec, "read_only")) {
      in_.with.fail(place.path, kReadOnlyRoot);
    }
  }

  const Instance& in_;
  JsonObject& made_;
};

}  // namespace

void put_mounts(const Instance& instance, JsonObject& made) { Mounts(instance, made).put(); }

void put_files(const Instance& instance, JsonObject& made) {
  Grants grants(instance, made);
  grants.put("configs");
  grants.put("secrets");
}

}  // namespace berth::compose
