// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/registry/registry_login.hpp"

#include "base/crypto.hpp"
#include "docker/image_reference.hpp"

namespace berth::reconcilers {
namespace {

using base::Json;
using resources::SecretValue;

class Opener {
 public:
  Opener(const resources::Resources& resources, const schemas::Registry& registry)
      : resources_(resources), registry_(registry) {}

  RegistryLogin open() const {
    const schemas::RegistrySpec& spec = registry_.spec;
    if (spec.password_secret_ref) {
      return {Credential::Password, spec.username.value_or(""),
              line(read("passwordSecretRef", spec.password_secret_ref->name, spec.password_secret_ref->key))};
    }
    if (spec.identity_token_secret_ref) {
      const auto& ref = *spec.identity_token_secret_ref;
      return {Credential::IdentityToken, "", line(read("identityTokenSecretRef", ref.name, ref.key))};
    }
    if (spec.docker_config_secret_ref) return from_config(spec.docker_config_secret_ref->name);
    return {};
  }

 private:
  using Credential = RegistryLogin::Credential;

  SecretValue read(const char* field, const std::string& name, const std::string& key) const {
    try {
      return resources_.open_secret(registry_caller(), registry_.metadata.ns, name, key);
    } catch (const base::Status& status) {
      throw status.with_prefix(std::string("spec.") + field);
    }
  }

  // Files end in a newline, and credentials do not: docker login --password-stdin drops it, too.
  static SecretValue line(const SecretValue& value) {
    std::string_view text = value.reveal_for_engine();
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    return SecretValue(std::string(text));
  }

  RegistryLogin from_config(const std::string& name) const {
    const SecretValue text = read("dockerConfigSecretRef", name, ".dockerconfigjson");
    const std::string where = "spec.dockerConfigSecretRef: Secret \"" + name + "\": ";
    Json config;
    try {
      config = base::parse_json(text.reveal_for_engine());
    } catch (const base::Status&) {
      throw base::bad_request(where + "its .dockerconfigjson is not JSON");
    }
    const std::string server = docker::registry_name(registry_.spec.server);
    const Json* entries = base::find_path(config, "auths");
    if (entries != nullptr && entries->is_object()) {
      for (const auto& [key, entry] : entries->get_object()) {
        if (docker::registry_name(key) == server) return from_entry(entry, where + "its entry for " + server + " ");
      }
    }
    throw base::bad_request(where + "its .dockerconfigjson has no entry for " + server + " under auths");
  }

  static RegistryLogin from_entry(const Json& entry, const std::string& where) {
    if (const std::string token(base::string_at(entry, "identitytoken")); !token.empty()) {
      return {Credential::IdentityToken, "", SecretValue(token)};
    }
    std::string username(base::string_at(entry, "username"));
    std::string password(base::string_at(entry, "password"));
    if (const std::string_view auth = base::string_at(entry, "auth"); !auth.empty()) {
      std::string pair;
      try {
        pair = base::from_base64(auth);
      } catch (const base::Status&) {
        throw base::bad_request(where + "has an auth that is not base64");
      }
      const std::size_t colon = pair.find(':');
      if (colon == std::string::npos) throw base::bad_request(where + "has an auth that is not user:password");
      username = pair.substr(0, colon);
      password = pair.substr(colon + 1);
    }
    if (username.empty()) throw base::bad_request(where + "has neither auth, nor username, nor identitytoken");
    return {Credential::Password, std::move(username), SecretValue(std::move(password))};
  }

  const resources::Resources& resources_;
  const schemas::Registry& registry_;
};

}  // namespace

resources::Caller registry_caller() { return resources::controller_caller("registry"); }

RegistryLogin open_login(const resources::Resources& resources, const schemas::Registry& registry) {
  return Opener(resources, registry).open();
}

std::string auth_header(const RegistryLogin& login, const std::string& server) {
  if (login.credential == RegistryLogin::Credential::None) return "";
  // Docker Hub's credentials have always gone by this address.
  const std::string address = server == "docker.io" ? "https://index.docker.io/v1/" : server;
  base::JsonObject auth{{"serveraddress", address}};
  if (login.credential == RegistryLogin::Credential::IdentityToken) {
    auth["identitytoken"] = login.secret.reveal_for_engine();
  } else {
    auth["username"] = login.username;
    auth["password"] = login.secret.reveal_for_engine();
  }
  // Engines take another alphabet, or a lack of padding, for nobody's credentials, and say nothing.
  return base::to_base64url(base::to_canonical(auth));
}

std::string login_mark(const RegistryLogin& login, const base::Key32& key) {
  if (login.credential == RegistryLogin::Credential::None) return "";
  const std::string form = login.credential == RegistryLogin::Credential::Password ? "password" : "token";
  return base::to_hex(
      base::hmac_sha256(key, {"registry login\n", form, "\n", login.username, "\n", login.secret.reveal_for_engine()}));
}

}  // namespace berth::reconcilers
