// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/plan/container_inputs.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/crypto.hpp"
#include "base/utf8.hpp"

namespace berth::reconcilers {
namespace {

using resources::SecretValue;

enum class Need { Required, Optional };
Need need_of(const std::optional<bool>& optional) { return optional.value_or(false) ? Need::Optional : Need::Required; }

// NUL ends a variable, and JSON has no bytes beside UTF-8.
bool is_env_text(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = base::utf8_length(bytes);
    if (length == 0 || bytes.front() == '\0') return false;
    bytes.remove_prefix(length);
  }
  return true;
}

class Reader {
 public:
  Reader(const resources::Resources& resources, const resources::Caller& caller, const std::string& ns,
         GivenObjects given)
      : resources_(resources), caller_(caller), ns_(ns), given_(given) {}

  std::optional<SecretValue> secret(const schemas::KeyRef& ref, const std::string& field) {
    try {
      if (const base::Json* given = find_given(given_, "Secret", ref.name)) return given_secret(*given, ref.key);
      return resources_.open_secret(caller_, ns_, ref.name, ref.key);
    } catch (const base::Status& status) {
      miss(status, need_of(ref.optional), field);
    }
    return std::nullopt;
  }

  std::optional<SecretValue> config(const schemas::KeyRef& ref, const std::string& field) {
    try {
      const auto data = config_data(ref.name);
      if (const auto found = data.find(ref.key); found != data.end()) return SecretValue(found->second);
      throw base::Status(base::Reason::NotFound, "ConfigMap \"" + ref.name + "\" has no key \"" + ref.key + "\"");
    } catch (const base::Status& status) {
      miss(status, need_of(ref.optional), field);
    }
    return std::nullopt;
  }

  std::vector<std::pair<std::string, SecretValue>> whole(const schemas::EnvFrom& from, const std::string& field) {
    std::vector<std::pair<std::string, SecretValue>> all;
    try {
      all = from.secret_ref ? whole_secret(from.secret_ref->name) : whole_config(from.config_map_ref->name);
    } catch (const base::Status& status) {
      miss(status, need_of(from.secret_ref ? from.secret_ref->optional : from.config_map_ref->optional), field);
    }
    return all;
  }

  // The engine may not be asked about a value that no variable can hold: its error would repeat the value.
  bool fits_env(const SecretValue& value, const std::string& variable, const std::string& field) {
    if (is_env_text(value.reveal_for_engine())) return true;
    missing.push_back(field + ": the value for \"" + variable +
                      "\" is not UTF-8 or has a NUL in it, so it cannot be in the environment; use files");
    return false;
  }

  std::vector<std::pair<std::string, SecretValue>> whole_config(const std::string& name) const {
    std::vector<std::pair<std::string, SecretValue>> all;
    for (auto& [key, value] : config_data(name)) all.emplace_back(key, SecretValue(value));
    return all;
  }

  std::vector<std::pair<std::string, SecretValue>> whole_secret(const std::string& name) const {
    const base::Json* given = find_given(given_, "Secret", name);
    if (given == nullptr) return resources_.open_secret_all(caller_, ns_, name);
    std::vector<std::pair<std::string, SecretValue>> all;
    if (const base::Json* data = base::find_path(*given, "data"); data && data->is_object()) {
      for (const auto& entry : data->get_object()) all.emplace_back(entry.key(), given_secret(*given, entry.key()));
    }
    return all;
  }

  std::vector<std::string> missing;

 private:
  std::map<std::string, std::string> config_data(const std::string& name) const {
    const base::Json* given = find_given(given_, "ConfigMap", name);
    const base::Json object =
        given ? *given : resources_.get(schemas::Catalog::instance().by_name("ConfigMap"), ns_, name).parse();
    std::map<std::string, std::string> data;
    if (const base::Json* plain = base::find_path(object, "data"); plain && plain->is_object()) {
      for (const auto& [key, value] : plain->get_object()) data.emplace(key, value.as_string());
    }
    if (const base::Json* binary = base::find_path(object, "binaryData"); binary && binary->is_object()) {
      for (const auto& [key, value] : binary->get_object()) data.emplace(key, base::from_base64(value.as_string()));
    }
    return data;
  }

  void miss(const base::Status& status, Need need, const std::string& field) {
    if (status.reason() != base::Reason::NotFound) throw status;
    if (need == Need::Required) missing.push_back(field + ": " + status.message());
  }

  const resources::Resources& resources_;
  const resources::Caller& caller_;
  const std::string& ns_;
  GivenObjects given_;
};

std::string indexed(const char* list, std::size_t index) {
  return "spec." + std::string(list) + "[" + std::to_string(index) + "]";
}

using EnvByName = std::map<std::string, EnvEntry>;

void put(EnvByName& env, std::string name, SecretValue value, Origin origin) {
  env.insert_or_assign(name, EnvEntry{name, std::move(value), origin});
}

EnvByName read_env(Reader& reader, const schemas::ContainerSpec& spec) {
  EnvByName env;
  for (std::size_t i = 0; i < spec.env_from.size(); ++i) {
    const schemas::EnvFrom& from = spec.env_from[i];
    const std::string field = indexed("envFrom", i);
    for (auto& [key, value] : reader.whole(from, field)) {
      if (!reader.fits_env(value, key, field)) continue;
      put(env, from.prefix.value_or("") + key, std::move(value), from.secret_ref ? Origin::Secret : Origin::ConfigMap);
    }
  }
  for (std::size_t i = 0; i < spec.env.size(); ++i) {
    const schemas::EnvVar& variable = spec.env[i];
    if (!variable.value_from) {
      put(env, variable.name, SecretValue(variable.value.value_or("")), Origin::Literal);
      continue;
    }
    const bool secret = variable.value_from->secret_key_ref.has_value();
    const std::string field = indexed("env", i);
    auto value = secret ? reader.secret(*variable.value_from->secret_key_ref, field)
                        : reader.config(*variable.value_from->config_map_key_ref, field);
    if (!value || !reader.fits_env(*value, variable.name, field)) continue;
    put(env, variable.name, std::move(*value), secret ? Origin::Secret : Origin::ConfigMap);
  }
  return env;
}

std::vector<FileEntry> read_files(Reader& reader, const schemas::ContainerSpec& spec) {
  std::vector<FileEntry> files;
  for (std::size_t i = 0; i < spec.files.size(); ++i) {
    const schemas::ContainerFile& file = spec.files[i];
    const int mode = std::stoi(file.mode, nullptr, 8);
    const std::string field = indexed("files", i);
    if (file.content) {
      files.push_back({file.path, mode, SecretValue(*file.content), Origin::Literal});
    } else if (file.secret_key_ref) {
      if (auto value = reader.secret(*file.secret_key_ref, field)) {
        files.push_back({file.path, mode, std::move(*value), Origin::Secret});
      }
    } else if (auto value = reader.config(*file.config_map_key_ref, field)) {
      files.push_back({file.path, mode, std::move(*value), Origin::ConfigMap});
    }
  }
  return files;
}

std::set<std::pair<std::string, std::string>> referred_to(const schemas::ContainerSpec& spec) {
  std::set<std::pair<std::string, std::string>> names;
  const auto add = [&names](const char* kind, const auto& ref) {
    if (ref) names.emplace(kind, ref->name);
  };
  for (const schemas::EnvFrom& from : spec.env_from) {
    add("Secret", from.secret_ref);
    add("ConfigMap", from.config_map_ref);
  }
  for (const schemas::EnvVar& variable : spec.env) {
    if (!variable.value_from) continue;
    add("Secret", variable.value_from->secret_key_ref);
    add("ConfigMap", variable.value_from->config_map_key_ref);
  }
  for (const schemas::ContainerFile& file : spec.files) {
    add("Secret", file.secret_key_ref);
    add("ConfigMap", file.config_map_key_ref);
  }
  return names;
}

std::vector<schemas::ContainerReferenceStatus> read_references(const resources::Resources& resources,
                                                               const resources::Caller& caller, const std::string& ns,
                                                               const schemas::ContainerSpec& spec) {
  std::vector<schemas::ContainerReferenceStatus> references;
  for (const auto& [kind, name] : referred_to(spec)) {
    auto hash = content_hash(resources, caller, ns, kind, name);
    if (hash) references.push_back({kind, name, *std::move(hash)});
  }
  return references;
}

}  // namespace

ContainerInputs read_inputs(const resources::Resources& resources, const resources::Caller& caller,
                            const std::string& ns, const schemas::ContainerSpec& spec, GivenObjects given) {
  Reader reader(resources, caller, ns, given);
  ContainerInputs inputs;
  inputs.references = read_references(resources, caller, ns, spec);  // first: what changes meanwhile is looked at again
  for (auto& [name, entry] : read_env(reader, spec)) inputs.env.push_back(std::move(entry));
  inputs.files = read_files(reader, spec);
  inputs.missing = std::move(reader.missing);
  return inputs;
}

std::optional<std::string> content_hash(const resources::Resources& resources, const resources::Caller& caller,
                                        const std::string& ns, const std::string& kind, const std::string& name) {
  const Reader reader(resources, caller, ns, {});
  std::vector<std::pair<std::string, SecretValue>> contents;
  try {
    contents = kind == "Secret" ? reader.whole_secret(name) : reader.whole_config(name);
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::NotFound) throw;
    return std::nullopt;
  }
  std::ranges::sort(contents, {}, &std::pair<std::string, SecretValue>::first);
  std::string hash = kind;
  for (const auto& [key, value] : contents) {
    const std::string_view bytes = value.reveal_for_engine();
    hash = base::hmac_sha256(resources.hash_key(),
                             {hash, std::to_string(key.size()), ":", key, std::to_string(bytes.size()), ":", bytes});
  }
  return base::to_hex(hash).substr(0, 32);
}

}  // namespace berth::reconcilers
