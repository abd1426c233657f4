// SPDX-License-Identifier: Apache-2.0
#include "cli/kubeconfig.hpp"

#include <boost/url.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/crypto.hpp"
#include "base/status.hpp"
#include "base/yaml.hpp"
#include "cli/duration.hpp"

namespace berth::cli {
namespace {

using base::Json;

constexpr const char* kLists[] = {"clusters", "users", "contexts"};
// Fields of a kubeconfig that name files, relative to it.
constexpr const char* kFileFields[] = {"certificate-authority", "client-certificate", "client-key", "tokenFile"};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw base::bad_request("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

const Json* named(const Json& config, const char* list, std::string_view name) {
  const Json* entries = base::find_path(config, list);
  if (entries == nullptr || !entries->is_array()) return nullptr;
  for (const Json& entry : entries->get_array()) {
    if (base::string_at(entry, "name") == name) return &entry;
  }
  return nullptr;
}

// Makes paths absolute, so that merged entries keep their meaning.
void resolve_paths(Json& config, const std::string& file) {
  const auto folder = std::filesystem::absolute(file).parent_path();
  for (const char* list : kLists) {
    Json* entries = base::find_path(config, list);
    if (entries == nullptr || !entries->is_array()) continue;
    for (Json& entry : entries->get_array()) {
      for (const char* part : {"cluster", "user"}) {
        Json* values = base::find_path(entry, part);
        if (values == nullptr || !values->is_object()) continue;
        for (const char* field : kFileFields) {
          const std::string path(base::string_at(*values, field));
          if (!path.empty()) values->get_object()[field] = (folder / path).string();
        }
      }
    }
  }
}

// A PEM given in place (base64) or by file; "" when absent.
std::string pem_of(const Json& values, const std::string& field) {
  const std::string_view data = base::string_at(values, field + "-data");
  if (!data.empty()) return base::from_base64(data);
  const std::string path(base::string_at(values, field));
  return path.empty() ? "" : read_file(path);
}

void read_server(Access& access) {
  const auto url = boost::urls::parse_uri(access.server);
  if (!url || (url->scheme() != "https" && url->scheme() != "http") || url->host().empty()) {
    throw base::bad_request("server \"" + access.server + "\" is no URL such as https://127.0.0.1:7443");
  }
  access.plain = url->scheme() == "http";
  access.host = url->host_address();
  access.port = url->has_port() ? url->port_number() : (access.plain ? 80 : 443);
}

void read_cluster(const Json& cluster, Access& access) {
  if (access.server.empty()) access.server = base::string_at(cluster, "server");
  access.certificate_authority = pem_of(cluster, "certificate-authority");
  access.server_name = base::string_at(cluster, "tls-server-name");
  if (base::bool_at(cluster, "insecure-skip-tls-verify")) {
    throw base::bad_request("insecure-skip-tls-verify is not supported: name the server's CA instead");
  }
}

std::vector<std::string> texts(const Json* list) {
  std::vector<std::string> all;
  if (list == nullptr || !list->is_array()) return all;
  for (const Json& item : list->get_array()) {
    if (item.is_string()) all.emplace_back(item.get_string());
  }
  return all;
}

// A user's `as` fields stand together: the flags replace them all.
void read_impersonation(const Json& user, Impersonation& impersonation) {
  if (!impersonation.user.empty()) return;
  impersonation.user = base::string_at(user, "as");
  impersonation.uid = base::string_at(user, "as-uid");
  impersonation.groups = texts(base::find_path(user, "as-groups"));
  const Json* extra = base::find_path(user, "as-user-extra");
  if (extra == nullptr || !extra->is_object()) return;
  for (const auto& [key, values] : extra->get_object()) impersonation.extra[std::string(key)] = texts(&values);
}

void read_user(const Json& user, Access& access) {
  read_impersonation(user, access.impersonation);
  // The server asks the certificate first: one that is sent beside --token would win over it.
  if (!access.token.empty()) return;
  const std::string certificate = pem_of(user, "client-certificate");
  const std::string key = pem_of(user, "client-key");
  if (!certificate.empty() && !key.empty()) access.identity = base::PemPair{certificate, key};
  access.token = base::string_at(user, "token");
  const std::string token_file(base::string_at(user, "tokenFile"));
  if (access.token.empty() && !token_file.empty()) {
    access.token = read_file(token_file);
    while (!access.token.empty() && std::isspace(static_cast<unsigned char>(access.token.back())) != 0) {
      access.token.pop_back();
    }
  }
  if (user.is_object() && user.get_object().contains("exec")) {
    throw base::bad_request("exec credential plugins are not supported: use a client certificate or a token");
  }
}

}  // namespace

std::vector<std::string> kubeconfig_files(const AccessFlags& flags) {
  if (!flags.kubeconfig.empty()) return {flags.kubeconfig};
  const char* list = std::getenv("KUBECONFIG");
  if (list == nullptr || *list == '\0') {
    const char* home = std::getenv("HOME");
    return {std::string(home == nullptr ? "" : home) + "/.kube/config"};
  }
  std::vector<std::string> files;
  const std::string text(list);
  for (std::size_t from = 0; from <= text.size();) {
    const auto colon = std::min(text.find(':', from), text.size());
    if (colon > from) files.push_back(text.substr(from, colon - from));
    from = colon + 1;
  }
  return files;
}

Json merge_kubeconfigs(const std::vector<std::string>& files) {
  Json merged = base::JsonObject{};
  for (const char* list : kLists) merged.get_object()[list] = base::JsonArray{};
  for (const std::string& file : files) {
    if (!std::filesystem::exists(file)) continue;
    Json config;
    try {
      config = base::parse_one_yaml(read_file(file)).value;
    } catch (const base::Status& status) {
      throw status.with_prefix(file);
    }
    if (!config.is_object()) throw base::bad_request(file + ": is no kubeconfig");
    resolve_paths(config, file);
    const std::string_view current = base::string_at(config, "current-context");
    if (!current.empty() && base::string_at(merged, "current-context").empty()) {
      merged.get_object()["current-context"] = current;
    }
    for (const char* list : kLists) {
      const Json* entries = base::find_path(config, list);
      if (entries == nullptr || !entries->is_array()) continue;
      for (const Json& entry : entries->get_array()) {
        if (named(merged, list, base::string_at(entry, "name")) == nullptr) {
          merged.get_object()[list].get_array().push_back(entry);
        }
      }
    }
  }
  return merged;
}

namespace {

// Files that somebody named, unlike the one that everybody has by default.
std::string named_and_absent(const AccessFlags& flags) {
  const char* list = std::getenv("KUBECONFIG");
  if (flags.kubeconfig.empty() && (list == nullptr || *list == '\0')) return "";
  std::string absent;
  for (const std::string& file : kubeconfig_files(flags)) {
    if (!std::filesystem::exists(file)) absent += (absent.empty() ? "" : ", ") + file;
  }
  return absent;
}

}  // namespace

Access resolve_access(const Json& config, const AccessFlags& flags) {
  Access access;
  access.server = flags.server;
  access.token = flags.token;
  access.impersonation = {.user = flags.as, .uid = flags.as_uid, .groups = flags.as_groups, .extra = {}};
  if (flags.as.empty() && (!flags.as_uid.empty() || !flags.as_groups.empty())) {
    throw base::bad_request("--as-group and --as-uid need a user to go with: give --as, too");
  }
  if (!flags.request_timeout.empty()) access.request_timeout = parse_duration(flags.request_timeout);
  if (access.request_timeout.count() < 0) throw base::bad_request("--request-timeout must not be negative");
  const std::string context_name =
      flags.context.empty() ? std::string(base::string_at(config, "current-context")) : flags.context;
  const Json* context = context_name.empty() ? nullptr : named(config, "contexts", context_name);
  if (!context_name.empty() && context == nullptr) {
    throw base::bad_request("context \"" + context_name + "\" is in no kubeconfig");
  }
  if (context != nullptr) {
    const Json* cluster = named(config, "clusters", base::string_at(*context, "context.cluster"));
    const Json* user = named(config, "users", base::string_at(*context, "context.user"));
    const Json* values = nullptr;
    if (cluster != nullptr && (values = base::find_path(*cluster, "cluster")) != nullptr) read_cluster(*values, access);
    if (user != nullptr && (values = base::find_path(*user, "user")) != nullptr) read_user(*values, access);
    const std::string_view ns = base::string_at(*context, "context.namespace");
    if (!ns.empty()) access.default_namespace = ns;
  }
  if (!flags.ns.empty()) access.default_namespace = flags.ns;
  if (access.server.empty()) {
    if (const std::string absent = named_and_absent(flags); !absent.empty()) {
      throw base::bad_request("no server is named: KUBECONFIG or --kubeconfig says " + absent + ", which is not there");
    }
    throw base::bad_request(
        "no server is named: set KUBECONFIG to the admin.kubeconfig in berthd's data folder, or give --kubeconfig");
  }
  read_server(access);
  if (access.server_name.empty()) access.server_name = access.host;
  return access;
}

}  // namespace berth::cli
