// SPDX-License-Identifier: Apache-2.0
#include "base/openssl_handles.hpp"

#include "base/status.hpp"

namespace berth::base {
namespace {

BioPtr memory_of(std::string_view text) { return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// Without it OpenSSL would ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

std::string openssl_words() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown OpenSSL error";
  const char* reason = ERR_reason_error_string(code);
  if (reason != nullptr) return reason;
  char text[256];
  ERR_error_string_n(code, text, sizeof(text));
  return text;
}

std::vector<X509Ptr> read_certificates(std::string_view pem) {
  ERR_clear_error();
  std::vector<X509Ptr> certificates;
  const BioPtr bio = memory_of(pem);
  while (X509Ptr one{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)}) {
    certificates.push_back(std::move(one));
  }
  // The end of the text looks like an error too.
  const unsigned long code = ERR_peek_last_error();
  if (ERR_GET_LIB(code) != ERR_LIB_PEM || ERR_GET_REASON(code) != PEM_R_NO_START_LINE) {
    throw bad_request("certificate: " + openssl_words());
  }
  ERR_clear_error();
  return certificates;
}

PkeyPtr read_key(std::string_view pem) {
  ERR_clear_error();
  const BioPtr bio = memory_of(pem);
  PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key) throw bad_request("private key: " + openssl_words());
  return key;
}

}  // namespace berth::base
