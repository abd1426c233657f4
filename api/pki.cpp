// SPDX-License-Identifier: Apache-2.0
#include "api/pki.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/crypto.hpp"
#include "base/log.hpp"
#include "base/openssl_handles.hpp"
#include "base/private_file.hpp"
#include "base/status.hpp"
#include "base/yaml.hpp"

namespace berth::api {
namespace {

namespace fs = std::filesystem;
using base::PemPair;
using base::Reason;
using base::Status;

constexpr auto kRenewBefore = std::chrono::hours(24 * 30);
constexpr auto kLeafLife = std::chrono::hours(24 * 365);

// nullptr when it is damaged.
base::X509Ptr read_certificate(const std::string& pem) {
  try {
    auto all = base::read_certificates(pem);
    return all.empty() ? nullptr : std::move(all.front());
  } catch (const Status&) {
    return nullptr;
  }
}

bool is_ip(const std::string& name) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(AF_INET, name.c_str(), address) == 1 || inet_pton(AF_INET6, name.c_str(), address) == 1;
}

bool is_good_for(X509* certificate, const std::string& name) {
  if (is_ip(name)) return X509_check_ip_asc(certificate, name.c_str(), 0) == 1;
  return X509_check_host(certificate, name.data(), name.size(), 0, nullptr) == 1;
}

// Whether the key is the certificate's own; not so when either is damaged.
bool is_pair(const PemPair& pair) {
  const base::X509Ptr certificate = read_certificate(pair.certificate);
  try {
    const base::PkeyPtr key = base::read_key(pair.key);
    const bool fits = certificate && X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    return fits;
  } catch (const Status&) {
    return false;
  }
}

bool is_signed_by(const std::string& certificate, const std::string& ca) {
  const base::X509Ptr signed_one = read_certificate(certificate);
  const base::X509Ptr authority = read_certificate(ca);
  if (!signed_one || !authority) return false;
  const base::PkeyPtr key(X509_get_pubkey(authority.get()));
  const bool fits = key != nullptr && X509_verify(signed_one.get(), key.get()) == 1;
  ERR_clear_error();
  return fits;
}

std::optional<std::string> read_public(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::optional<std::string> read_key_file(const fs::path& path) {
  if (!fs::exists(path)) return std::nullopt;
  return base::read_private_file(path);
}

// The key first: a crash in between leaves a key without its certificate, which is made again.
void write_pair(const PemPair& pair, const fs::path& certificate, const fs::path& key) {
  base::write_private_file(key, pair.key);
  base::write_private_file(certificate, pair.certificate);
}

PemPair open_ca(const PkiOptions& options, const base::Clock& clock) {
  const fs::path certificate_path = options.data_dir / "ca.crt";
  const fs::path key_path = options.key_dir / "ca.key";
  auto certificate = read_public(certificate_path);
  auto key = read_key_file(key_path);
  if (certificate && key) {
    PemPair ca{std::move(*certificate), std::move(*key)};
    if (is_pair(ca)) return ca;
    throw Status(Reason::Forbidden,
                 fmt::format("{} and its key {} do not belong together: bring back the ones that do, or remove both "
                             "to begin with a new authority, which no client trusts yet",
                             certificate_path.string(), key_path.string()));
  }
  if (certificate) {
    throw Status(
        Reason::Forbidden,
        fmt::format("{} is there, but its key {} is not: bring the key back, or remove the certificate to begin "
                    "with a new authority, which no client trusts yet",
                    certificate_path.string(), key_path.string()));
  }
  PemPair ca = base::make_ca("berth", clock.now());
  write_pair(ca, certificate_path, key_path);
  base::log_info("a certificate authority was made", {{"path", certificate_path.string()}});
  return ca;
}

std::vector<std::string> server_names(const PkiOptions& options) {
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
  for (const std::string& name : options.names) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

bool may_stay(const PemPair& server, const PemPair& ca, const std::vector<std::string>& names, base::WallTime now) {
  if (!is_pair(server) || !is_signed_by(server.certificate, ca.certificate)) return false;
  const base::X509Ptr certificate = read_certificate(server.certificate);
  if (base::certificate_expiry(server.certificate) - now <= kRenewBefore) return false;
  return std::ranges::all_of(names, [&certificate](const auto& name) { return is_good_for(certificate.get(), name); });
}

PemPair make_server(const PemPair& ca, const std::vector<std::string>& names, base::WallTime now) {
  base::LeafRequest request;
  request.common_name = "berthd";
  request.for_server = true;
  request.valid_for = kLeafLife;
  for (const std::string& name : names) (is_ip(name) ? request.ip_addresses : request.dns_names).push_back(name);
  return base::make_leaf(ca, request, now);
}

PemPair open_server(const PkiOptions& options, const PemPair& ca, const base::Clock& clock) {
  const fs::path certificate_path = options.data_dir / "server.crt";
  const fs::path key_path = options.key_dir / "server.key";
  const auto names = server_names(options);
  auto certificate = read_public(certificate_path);
  auto key = read_key_file(key_path);
  if (certificate && key) {
    PemPair server{std::move(*certificate), std::move(*key)};
    if (may_stay(server, ca, names, clock.now())) return server;
  }
  PemPair server = make_server(ca, names, clock.now());
  write_pair(server, certificate_path, key_path);
  base::log_info("a server certificate was made", {{"path", certificate_path.string()}});
  return server;
}

// What a kubeconfig of ours says.
struct AdminAccess {
  std::string server;
  std::string ca;
  PemPair admin;
};

// The only entry of a list of the kubeconfig, nullptr where there is none of that name, or more.
const base::Json* only_entry(const base::Json& config, std::string_view list, std::string_view name) {
  const base::Json* entries = base::find_path(config, list);
  if (entries == nullptr || !entries->is_array() || entries->as_array().size() != 1) return nullptr;
  const base::Json& entry = entries->as_array().front();
  return base::string_at(entry, "name") == name ? &entry : nullptr;
}

// Nothing when it is none of ours.
std::optional<AdminAccess> read_access(const std::string& text) {
  try {
    const base::Json config = base::parse_one_yaml(text).value;
    const base::Json* user = only_entry(config, "users", "berth-admin");
    const base::Json* cluster = only_entry(config, "clusters", "berth");
    if (user == nullptr || cluster == nullptr) return std::nullopt;
    const auto decoded = [](const base::Json& entry, std::string_view path) {
      return base::from_base64(base::string_at(entry, path));
    };
    AdminAccess access;
    access.server = base::string_at(*cluster, "cluster.server");
    access.ca = decoded(*cluster, "cluster.certificate-authority-data");
    access.admin = {decoded(*user, "user.client-certificate-data"), decoded(*user, "user.client-key-data")};
    base::certificate_expiry(access.admin.certificate);
    return access;
  } catch (const Status&) {
    return std::nullopt;
  }
}

PemPair make_admin(const PemPair& ca, base::WallTime now) {
  base::LeafRequest request;
  request.common_name = "berth-admin";
  request.organizations = {"system:masters"};
  request.valid_for = kLeafLife;
  return base::make_leaf(ca, request, now);
}

std::string kubeconfig_of(const AdminAccess& access) {
  return fmt::format(
      "apiVersion: v1\n"
      "kind: Config\n"
      "current-context: berth\n"
      "clusters:\n"
      "- name: berth\n"
      "  cluster:\n"
      "    server: {}\n"
      "    certificate-authority-data: {}\n"
      "contexts:\n"
      "- name: berth\n"
      "  context: {{cluster: berth, user: berth-admin}}\n"
      "users:\n"
      "- name: berth-admin\n"
      "  user:\n"
      "    client-certificate-data: {}\n"
      "    client-key-data: {}\n",
      access.server, base::to_base64(access.ca), base::to_base64(access.admin.certificate),
      base::to_base64(access.admin.key));
}

}  // namespace

Pki open_pki(const PkiOptions& options, const base::Clock& clock) {
  fs::create_directories(options.data_dir);
  base::make_private_folder(options.key_dir);
  Pki pki;
  pki.ca = open_ca(options, clock);
  pki.server = open_server(options, pki.ca, clock);
  return pki;
}

bool write_admin_kubeconfig(const fs::path& data_dir, const Pki& pki, const std::string& server,
                            const base::Clock& clock) {
  const fs::path path = data_dir / "admin.kubeconfig";
  AdminAccess access{server, pki.ca.certificate, {}};
  if (const auto present = read_public(path)) {
    const auto found = read_access(*present);
    if (!found) return false;
    const bool good = base::certificate_expiry(found->admin.certificate) - clock.now() > kRenewBefore &&
                      is_pair(found->admin) && is_signed_by(found->admin.certificate, pki.ca.certificate);
    if (good && found->server == server && found->ca == pki.ca.certificate) return false;
    if (good) access.admin = found->admin;
  }
  if (access.admin.key.empty()) access.admin = make_admin(pki.ca, clock.now());
  base::write_private_file(path, kubeconfig_of(access));
  return true;
}

}  // namespace berth::api
