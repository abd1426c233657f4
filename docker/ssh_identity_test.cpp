// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_identity.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/crypto.hpp"
#include "base/openssl_handles.hpp"
#include "docker/ssh_wire.hpp"

namespace berth::docker {
namespace {

// The envelope of an OpenSSH key: what is inside is not looked at.
std::string openssh_key(const std::string& type, const std::string& cipher) {
  std::string public_key;
  append_string(public_key, type);
  append_string(public_key, "point");
  std::string bytes("openssh-key-v1\0", 15);
  append_string(bytes, cipher);
  append_string(bytes, cipher == "none" ? "none" : "bcrypt");
  append_string(bytes, "options");
  append_number(bytes, 1);
  append_string(bytes, public_key);
  append_string(bytes, "sealed");
  std::string text = base::to_base64(bytes);
  text.insert(20, "\n");
  return "-----BEGIN OPENSSH PRIVATE KEY-----\n" + text + "\n-----END OPENSSH PRIVATE KEY-----\n";
}

std::string pem_key(int type, const char* passphrase = nullptr) {
  EVP_PKEY* raw = type == EVP_PKEY_EC ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")
                                      : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  const base::PkeyPtr key(raw);
  const base::BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), passphrase != nullptr ? EVP_aes_256_cbc() : nullptr, passphrase,
                                passphrase != nullptr ? 4 : 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void expect_kind(const std::string& text, SshKeyType type, SshKeyLock lock) {
  const SshKeyKind kind = kind_of_private_key(text);
  EXPECT_EQ(kind.type, type) << text;
  EXPECT_EQ(kind.lock, lock) << text;
}

TEST(SshIdentity, KindOfOpenSshKeys) {
  expect_kind(openssh_key("ssh-ed25519", "none"), SshKeyType::Ed25519, SshKeyLock::Open);
  expect_kind(openssh_key("ssh-ed25519", "aes256-ctr"), SshKeyType::Ed25519, SshKeyLock::Passphrase);
  expect_kind(openssh_key("ecdsa-sha2-nistp384", "none"), SshKeyType::Ecdsa, SshKeyLock::Open);
  expect_kind(openssh_key("ssh-rsa", "aes256-ctr"), SshKeyType::Rsa, SshKeyLock::Passphrase);
  expect_kind("a line before\n" + openssh_key("ssh-dss", "none"), SshKeyType::Dsa, SshKeyLock::Open);
}

TEST(SshIdentity, KindOfPemKeys) {
  expect_kind(pem_key(EVP_PKEY_EC), SshKeyType::Ecdsa, SshKeyLock::Open);
  expect_kind(pem_key(EVP_PKEY_ED25519), SshKeyType::Ed25519, SshKeyLock::Open);
  expect_kind(pem_key(EVP_PKEY_EC, "open"), SshKeyType::Other, SshKeyLock::Passphrase);
  expect_kind("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
              SshKeyType::Rsa, SshKeyLock::Passphrase);
}

TEST(SshIdentity, WhatIsNoKey) {
  for (const std::string text : {"", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                                 "-----BEGIN OPENSSH PRIVATE KEY-----\n", "-----BEGIN CERTIFICATE-----\n"}) {
    expect_kind(text, SshKeyType::Unreadable, SshKeyLock::Open);
  }
  const std::string whole = openssh_key("ssh-ed25519", "none");
  for (std::size_t size = 0; size + 40 < whole.size(); size += 3)
    kind_of_private_key(whole.substr(0, size) + "-----END");
}

}  // namespace
}  // namespace berth::docker
