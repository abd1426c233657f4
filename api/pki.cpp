// SPDX-License-Identifier: Apache-2.0
#include "api/pki.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/crypto.hpp"
#include "base/log.hpp"
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

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate read_certificate(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                      &BIO_free);
  return {PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free};
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
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pair.key.data(), static_cast<int>(pair.key.size())), &BIO_free);
  const auto no_passphrase = [](char*, int, int, void*) { return 0; };
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr), &EVP_PKEY_free);
  const Certificate certificate = read_certificate(pair.certificate);
  const bool fits = key && certificate && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return fits;
}

bool is_signed_by(X509* certificate, X509* ca) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(X509_get_pubkey(ca), &EVP_PKEY_free);
  return key != nullptr && X509_verify(certificate, key.get()) == 1;
}

std::optional<std::string> read_public(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::optional<std::string> read_key(const fs::path& path) {
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
  auto key = read_key(key_path);
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
  if (!is_pair(server)) return false;
  const Certificate certificate = read_certificate(server.certificate);
  const Certificate authority = read_certificate(ca.certificate);
  if (!certificate || !authority || !is_signed_by(certificate.get(), authority.get())) return false;
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
  auto key = read_key(key_path);
  if (certificate && key) {
    PemPair server{std::move(*certificate), std::move(*key)};
    if (may_stay(server, ca, names, clock.now())) return server;
  }
  PemPair server = make_server(ca, names, clock.now());
  write_pair(server, certificate_path, key_path);
  base::log_info("a server certificate was made", {{"path", certificate_path.string()}});
  return server;
}

// When the client certificate in a kubeconfig of ours ends; nothing when it is none of ours.
std::optional<base::WallTime> kubeconfig_expiry(const std::string& text) {
  try {
    const base::Json config = base::parse_one_yaml(text).value;
    const base::Json* users = base::find_path(config, "users");
    if (users == nullptr || !users->is_array() || users->as_array().size() != 1) return std::nullopt;
    const base::Json& user = users->as_array().front();
    if (base::string_at(user, "name") != "berth-admin") return std::nullopt;
    return base::certificate_expiry(base::from_base64(base::string_at(user, "user.client-certificate-data")));
  } catch (const Status&) {
    return std::nullopt;
  }
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
  if (const auto present = read_public(path)) {
    const auto expiry = kubeconfig_expiry(*present);
    if (!expiry || *expiry - clock.now() > kRenewBefore) return false;
  }
  base::LeafRequest request;
  request.common_name = "berth-admin";
  request.organizations = {"system:masters"};
  request.valid_for = kLeafLife;
  const PemPair admin = base::make_leaf(pki.ca, request, clock.now());
  const std::string text = fmt::format(
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
      server, base::to_base64(pki.ca.certificate), base::to_base64(admin.certificate), base::to_base64(admin.key));
  base::write_private_file(path, text);
  return true;
}

}  // namespace berth::api
