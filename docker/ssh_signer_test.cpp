// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_signer.hpp"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>

#include "base/crypto.hpp"
#include "docker/ssh_agent.hpp"
#include "docker/ssh_error.hpp"
#include "docker/ssh_wire.hpp"

namespace berth::docker {
namespace {

base::PkeyPtr make_key(const std::string& type) {
  if (type == "RSA") return base::PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
  if (type == "ED25519") return base::PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  return base::PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", type.c_str()));
}

std::string pem_of(EVP_PKEY* key, std::string passphrase = "") {
  const base::BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, passphrase.empty() ? nullptr : EVP_aes_256_cbc(), passphrase.data(),
                                static_cast<int>(passphrase.size()), nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

SshIdentity identity_of(const std::string& key, const std::string& passphrase = "") {
  SshIdentity identity;
  identity.private_key = WipedString(key);
  identity.passphrase = WipedString(passphrase);
  return identity;
}

// What a server does: the signature's own form names the digest.
bool verifies(EVP_PKEY* key, const std::string& data, std::string_view answer) {
  SshReader reader(answer);
  const std::string form(reader.string());
  std::string signature(reader.string());
  const char* digest = nullptr;
  if (form == "rsa-sha2-256" || form == "ecdsa-sha2-nistp256") digest = "SHA256";
  if (form == "ecdsa-sha2-nistp384") digest = "SHA384";
  if (form == "rsa-sha2-512" || form == "ecdsa-sha2-nistp521") digest = "SHA512";
  if (form.starts_with("ecdsa")) {
    SshReader numbers(signature);
    const auto number = [&numbers] {
      const std::string_view bytes = numbers.string();
      return BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr);
    };
    ECDSA_SIG* pair = ECDSA_SIG_new();
    BIGNUM* r = number();
    BIGNUM* s = number();
    ECDSA_SIG_set0(pair, r, s);
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(pair, &der);
    signature.assign(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
  }
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool right =
      EVP_DigestVerifyInit_ex(context, nullptr, digest, nullptr, nullptr, key, nullptr) == 1 &&
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                       reinterpret_cast<const unsigned char*>(data.data()), data.size()) == 1;
  EVP_MD_CTX_free(context);
  return right;
}

std::string type_of(const std::string& blob) { return std::string(SshReader(blob).string()); }

TEST(SshSigner, SignsAsServersVerify) {
  const std::pair<const char*, const char*> types[] = {{"ED25519", "ssh-ed25519"},
                                                       {"P-256", "ecdsa-sha2-nistp256"},
                                                       {"P-384", "ecdsa-sha2-nistp384"},
                                                       {"P-521", "ecdsa-sha2-nistp521"},
                                                       {"RSA", "ssh-rsa"}};
  for (const auto& [type, name] : types) {
    const base::PkeyPtr key = make_key(type);
    const SshSigner signer = SshSigner::from(identity_of(pem_of(key.get())));
    EXPECT_EQ(type_of(signer.public_blob()), name);
    EXPECT_TRUE(verifies(key.get(), "what is signed", signer.sign("what is signed", 0))) << type;
    EXPECT_TRUE(verifies(key.get(), "what is signed", signer.sign("what is signed", 4))) << type;
    EXPECT_FALSE(verifies(key.get(), "something else", signer.sign("what is signed", 2))) << type;
  }
}

TEST(SshSigner, ReadsOpenSshsFormat) {
  const base::PkeyPtr key = make_key("ED25519");
  std::string secret(32, 0);
  std::string open(32, 0);
  std::size_t size = 32;
  EVP_PKEY_get_raw_private_key(key.get(), reinterpret_cast<unsigned char*>(secret.data()), &size);
  EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(open.data()), &size);
  std::string public_key;
  append_string(public_key, "ssh-ed25519");
  append_string(public_key, open);
  std::string inner("samesame");
  append_string(inner, "ssh-ed25519");
  append_string(inner, open);
  append_string(inner, secret + open);
  append_string(inner, "a comment");
  std::string bytes("openssh-key-v1\0", 15);
  for (const char* none : {"none", "none", ""}) append_string(bytes, none);
  append_number(bytes, 1);
  append_string(bytes, public_key);
  append_string(bytes, inner);
  const auto text = [](const std::string& body) {
    return "-----BEGIN OPENSSH PRIVATE KEY-----\n" + base::to_base64(body) + "\n-----END OPENSSH PRIVATE KEY-----\n";
  };
  const SshSigner signer = SshSigner::from(identity_of(text(bytes)));
  EXPECT_EQ(signer.public_blob(), public_key);
  EXPECT_TRUE(verifies(key.get(), "data", signer.sign("data", 0)));
  for (std::size_t cut = 1; cut < inner.size() - 13; cut += 7) {
    std::string broken("openssh-key-v1\0", 15);
    for (const char* none : {"none", "none", ""}) append_string(broken, none);
    append_number(broken, 1);
    append_string(broken, public_key);
    append_string(broken, inner.substr(0, inner.size() - 13 - cut));
    EXPECT_THROW(SshSigner::from(identity_of(text(broken))), SshError) << cut;
  }
}

SshFault fault_of(const SshIdentity& identity) {
  try {
    SshSigner::from(identity);
  } catch (const SshError& error) {
    return error.fault();
  }
  return SshFault::ClientFailed;
}

TEST(SshSigner, PassphrasesAndNonsense) {
  const base::PkeyPtr key = make_key("P-256");
  const std::string locked = pem_of(key.get(), "open sesame");
  EXPECT_TRUE(verifies(key.get(), "x", SshSigner::from(identity_of(locked, "open sesame")).sign("x", 0)));
  EXPECT_EQ(fault_of(identity_of(locked, "wrong")), SshFault::PassphraseWrong);
  EXPECT_EQ(fault_of(identity_of(locked)), SshFault::PassphraseWrong);
  EXPECT_EQ(fault_of(identity_of("nonsense")), SshFault::KeyInvalid);
  EXPECT_EQ(fault_of(identity_of(pem_of(make_key("secp256k1").get()))), SshFault::KeyInvalid);
  SshIdentity certified = identity_of(pem_of(key.get()));
  certified.certificate = "not one";
  EXPECT_EQ(fault_of(certified), SshFault::KeyInvalid);
}

// Made by ssh-keygen -N "open sesame" -a 2: the text between BEGIN and END, and the public key.
struct Locked {
  const char* body;
  const char* blob;
};
constexpr Locked kLocked[] = {
    {"b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABAkpbrMfEO+jNN9WWSEkhRjAAAAAg"
     "AAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAICtY8+ezepgyo1F1rQf5arPnqS7cEKP6Hsr2XD7Y0/LbAAAAkGk2bqDD"
     "5OGHMRZ26bTiv8KvOk0CFjfwUXOgs90CQIlDzzT6a58QKBaBPxFw24WaDg7QxPC1wi78NHcrqU5sj2YL7+Bsly+snb"
     "8PPzga2Txax/0xn9viHjjiMzqrxeplsS15EnnsGV3DGVy2zFO4/ZL5dNTqW+2Iqum7KvPx6yH+HMDQxUanHpDmd2n9"
     "pW/Odw==",
     "AAAAC3NzaC1lZDI1NTE5AAAAICtY8+ezepgyo1F1rQf5arPnqS7cEKP6Hsr2XD7Y0/Lb"},
    {"b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABAJSjd9e9RjCvoAwfL3k5mwAAAAAg"
     "AAAAEAAABoAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFzuWtL1yZRe2ttQPcLOemkkRX7G"
     "1EwA+Yv4GrpIFfosBT6Hfzq5aCWa8O7YdGkpFE3alyZykWOv6GfM1kN7ICEAAACgu6oo6ho8o2AseAVSzYYrKhA2AS"
     "QrU8f2NTkZsYJ2XIh4A1CJFiElbPRwHJDTNJLBq5MlPUYjlGhPgaLxOybjOYnwaIVd9pTnQRweDemINfCbWamB+n1p"
     "zLVxSv7WgY9ceHV84ypKxByuXwgWhgAh1Seqtv7WjxzQQcxrwhQrv7Jyo/wl3SCan5vVYvRAjkA2M6GBAat0CAYZ/q"
     "vaz2giBw==",
     "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFzuWtL1yZRe2ttQPcLOemkkRX7G1EwA+Yv4Gr"
     "pIFfosBT6Hfzq5aCWa8O7YdGkpFE3alyZykWOv6GfM1kN7ICE="}};

TEST(SshSigner, PassphrasesInOpenSshsFormat) {
  for (const Locked& each : kLocked) {
    const std::string text =
        "-----BEGIN OPENSSH PRIVATE KEY-----\n" + std::string(each.body) + "\n-----END OPENSSH PRIVATE KEY-----\n";
    const SshSigner signer = SshSigner::from(identity_of(text, "open sesame"));
    EXPECT_EQ(base::to_base64(signer.public_blob()), each.blob);
    EXPECT_FALSE(signer.sign("data", 0).empty());
    EXPECT_EQ(fault_of(identity_of(text, "open sesam")), SshFault::PassphraseWrong);
    EXPECT_EQ(fault_of(identity_of(text)), SshFault::PassphraseWrong);
  }
}

TEST(SshAgent, AnswersWhatLoggingInNeedsAndNothingElse) {
  const base::PkeyPtr key = make_key("RSA");
  const SshSigner signer = SshSigner::from(identity_of(pem_of(key.get())));
  const std::string listed = answer_agent(signer, "\x0b");
  SshReader list(listed);
  EXPECT_EQ(list.byte(), 12);
  EXPECT_EQ(list.number(), 1u);
  EXPECT_EQ(list.string(), signer.public_blob());

  std::string request("\x0d");
  append_string(request, signer.public_blob());
  append_string(request, "challenge");
  append_number(request, 4);
  const std::string signed_answer = answer_agent(signer, request);
  SshReader answer(signed_answer);
  EXPECT_EQ(answer.byte(), 14);
  EXPECT_TRUE(verifies(key.get(), "challenge", answer.string()));

  const std::string failure(1, 5);
  for (std::size_t size = 0; size < request.size(); size += 11)
    EXPECT_EQ(answer_agent(signer, request.substr(0, size)), failure);
  std::string other("\x0d");
  append_string(other, "another key");
  append_string(other, "challenge");
  append_number(other, 0);
  EXPECT_EQ(answer_agent(signer, other), failure);
  for (int type = 0; type < 256; ++type) {
    if (type != 11 && type != 13)
      EXPECT_EQ(answer_agent(signer, std::string(1, static_cast<char>(type)) + "rest"), failure);
  }
}

}  // namespace
}  // namespace berth::docker
