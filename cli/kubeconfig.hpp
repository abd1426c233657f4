// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the server is and who we are, from kubeconfig files as kubectl reads them.
// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/tls.hpp"

namespace berth::cli {

// Whom the server shall take us for; nobody else while `user` is empty.
struct Impersonation {
  std::string user;
  std::string uid;
  std::vector<std::string> groups;
  std::map<std::string, std::vector<std::string>> extra;
};

struct Access {
  std::string server;  // "https://127.0.0.1:7443", for messages
  std::string host;
  std::uint16_t port = 443;
  bool plain = false;                 // http://
  std::string certificate_authority;  // PEM, "" for the system's roots
  std::string server_name;            // what the certificate must name
  std::optional<base::PemPair> identity;
  std::string token;
  Impersonation impersonation;
  std::string default_namespace = "default";
  std::chrono::milliseconds request_timeout{0};  // 0: as long as it takes
};

// What the global flags said; each empty when absent.
struct AccessFlags {
  std::string kubeconfig;
  std::string context;
  std::string server;
  std::string token;
  std::string as;
  std::string as_uid;
  std::vector<std::string> as_groups;
  std::string request_timeout;
  std::string ns;
};

// The files that count: --kubeconfig, else KUBECONFIG (a list), else ~/.kube/config.
std::vector<std::string> kubeconfig_files(const AccessFlags& flags);

// One config of several, the first to name a cluster, user, context or current-context wins. Throws BadRequest naming
// the file and what is wrong with it. Files that do not exist are left out.
base::Json merge_kubeconfigs(const std::vector<std::string>& files);

// Throws BadRequest saying what is missing and how to give it.
Access resolve_access(const base::Json& config, const AccessFlags& flags);

}  // namespace berth::cli
