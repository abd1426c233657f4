// SPDX-License-Identifier: Apache-2.0
#include "docker/ssh_login.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/scope.hpp"
#include "docker/ssh_algorithms.hpp"

namespace berth::docker {

using base::Task;

namespace {

// libssh2 wants a descriptor to ask whether it blocks; it reads and writes by our functions only.
int stand_in_descriptor() {
  static const int descriptor = ::open("/dev/null", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  return descriptor;
}

Task<void> send_output(SshPipe& pipe) {
  while (pipe.output_size() > 0) {
    const std::string bytes = pipe.take_output();
    co_await pipe.under().write(bytes);
  }
}

enum class Cost { Cheap, KeyDerivation };

// Repeats one call of libssh2 until it has an outcome.
Task<int> drive(SshPipe& pipe, std::function<int()> call, Cost cost = Cost::Cheap) {
  while (true) {
    int result = 0;
    if (cost == Cost::KeyDerivation) {
      result = co_await base::blocking(std::ref(call));
    } else {
      result = call();
    }
    co_await send_output(pipe);
    if (result != LIBSSH2_ERROR_EAGAIN) co_return result;
    const bool more = co_await pipe.receive();
    if (!more) throw SshError(SshFault::ConnectionLost, "the server closed the connection");
  }
}

void prefer(LIBSSH2_SESSION* session, int method, const std::vector<std::string>& names) {
  if (::libssh2_session_method_pref(session, method, join_names(names).c_str()) != 0) {
    throw base::internal_error("libssh2 knows none of " + join_names(names));
  }
}

void set_algorithms(LIBSSH2_SESSION* session, const SshServer& server) {
  const SshAlgorithms& ours = our_algorithms();
  prefer(session, LIBSSH2_METHOD_KEX, ours.exchange);
  prefer(session, LIBSSH2_METHOD_HOSTKEY, order_key_types(server.host_keys, ours.host_key));
  for (const int method : {LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC}) prefer(session, method, ours.cipher);
  for (const int method : {LIBSSH2_METHOD_MAC_CS, LIBSSH2_METHOD_MAC_SC}) prefer(session, method, ours.mac);
}

// What became of a handshake that did not end well, from what the server had said until then.
SshError failed_handshake(SshPipe& pipe, const std::string& how) {
  const SshGreeting greeting = read_greeting(pipe.greeting());
  if (greeting.offers) {
    const std::string mismatch = describe_mismatch(*greeting.offers);
    if (!mismatch.empty()) {
      return {SshFault::AlgorithmsRefused, "the built-in client has nothing in common with the server in " + mismatch};
    }
    return {SshFault::ConnectionLost, "handshake with " + greeting.version + ": " + how};
  }
  if (!greeting.version.empty()) {
    return {SshFault::ServerBusy, "handshake with " + greeting.version + ": " + how};
  }
  if (greeting.text.starts_with("Exceeded MaxStartups") || greeting.text.starts_with("Not allowed at this time")) {
    return {SshFault::ServerBusy, "the server takes no more connections for now: " + greeting.text};
  }
  if (!greeting.text.empty()) {
    return {SshFault::NotSsh, "this is no SSH server; it says \"" + greeting.text + "\""};
  }
  return {SshFault::NoAnswer, "connected, but no SSH server says its version: " + how};
}

// A pinned key that this client could never be shown says nothing about the keys that it could.
void check_pinned_types(const SshServer& server) {
  const auto& known = our_algorithms().host_key;
  const auto usable = [&known](const SshHostKey& key) { return std::count(known.begin(), known.end(), key.type) > 0; };
  if (server.host_keys.empty() || std::any_of(server.host_keys.begin(), server.host_keys.end(), usable)) return;
  throw SshError(SshFault::AlgorithmsRefused, "only a host key of type " + server.host_keys.front().type +
                                                  " is pinned, which the built-in client cannot check");
}

Task<void> shake_hands(SshPipe& pipe, const SshServer& server) {
  check_pinned_types(server);
  set_algorithms(pipe.session(), server);
  std::string how;
  try {
    LIBSSH2_SESSION* session = pipe.session();
    const auto call = [session] { return ::libssh2_session_handshake(session, stand_in_descriptor()); };
    const int result = co_await drive(pipe, call);
    if (result != 0) how = pipe.error_words();
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::ServiceUnavailable) throw;
    how = status.message();
  }
  if (!how.empty()) throw failed_handshake(pipe, how);
}

SshHostKey shown_host_key(LIBSSH2_SESSION* session) {
  std::size_t size = 0;
  int ignored = 0;
  const char* blob = ::libssh2_session_hostkey(session, &size, &ignored);
  if (blob == nullptr) throw SshError(SshFault::ProtocolError, "the server showed no host key");
  try {
    return host_key_from_blob({blob, size});
  } catch (const base::Status& status) {
    throw SshError(SshFault::ProtocolError, status.message());
  }
}

class Authentication {
 public:
  Authentication(SshPipe& pipe, const SshServer& server) : pipe_(pipe), session_(pipe.session()), server_(server) {}

  Task<void> run() {
    try {
      identity_ = server_.identity();
    } catch (const base::Status& status) {
      if (status.reason() != base::Reason::NotFound) throw;
      throw SshError(SshFault::IdentityMissing, status.message());
    }
    if (identity_.private_key.empty() && identity_.password.empty()) {
      throw SshError(SshFault::IdentityMissing, "the Secret has neither ssh-privatekey nor password");
    }
    const SshKeyKind kind = check_key();
    co_await ask_methods();
    bool accepted = ::libssh2_userauth_authenticated(session_) != 0;
    if (!accepted && !identity_.private_key.empty() && offers("publickey")) accepted = co_await by_key(kind);
    if (!accepted && !identity_.password.empty() && offers("password")) accepted = co_await by_password();
    if (!accepted && !identity_.password.empty() && offers("keyboard-interactive")) accepted = co_await by_questions();
    if (!accepted) throw refused();
  }

 private:
  // What the key's own text says, before the server is asked for anything.
  SshKeyKind check_key() const {
    if (identity_.private_key.empty()) return {};
    const SshKeyKind kind = kind_of_private_key(identity_.private_key.reveal());
    if (!identity_.certificate.empty()) {
      throw SshError(SshFault::KeyNotSupported, "certificates are for transport OpenSSH");
    }
    if (kind.type == SshKeyType::Unreadable) {
      throw SshError(SshFault::KeyInvalid, "ssh-privatekey is no private key in PEM or OpenSSH's format");
    }
    if (kind.type == SshKeyType::Rsa) {
      throw SshError(SshFault::KeyNotSupported,
                     "the built-in client signs with RSA keys by SHA-1 only, which servers refuse: use an ed25519 or "
                     "ECDSA key, or transport OpenSSH");
    }
    if (kind.type == SshKeyType::Dsa) {
      throw SshError(SshFault::KeyNotSupported, "DSA keys are refused everywhere: use an ed25519 key");
    }
    if (kind.lock == SshKeyLock::Passphrase && identity_.passphrase.empty()) {
      throw SshError(SshFault::PassphraseWrong, "ssh-privatekey has a passphrase, and the Secret has none");
    }
    return kind;
  }

  Task<void> ask_methods() {
    const char* list = nullptr;
    const auto call = [this, &list] {
      list = ::libssh2_userauth_list(session_, server_.user.data(), static_cast<unsigned>(server_.user.size()));
      return list != nullptr ? 0 : ::libssh2_session_last_errno(session_);
    };
    const int result = co_await drive(pipe_, call);
    if (list != nullptr) methods_ = list;
    if (result != 0 && result != LIBSSH2_ERROR_AUTHENTICATION_FAILED) {
      throw SshError(SshFault::ConnectionLost, "authentication: " + pipe_.error_words());
    }
  }

  bool offers(std::string_view method) const {
    return ("," + methods_ + ",").find("," + std::string(method) + ",") != std::string::npos;
  }

  Task<bool> by_key(SshKeyKind kind) {
    const std::string& key = identity_.private_key.reveal();
    const std::string& passphrase = identity_.passphrase.reveal();
    const auto call = [&] {
      return ::libssh2_userauth_publickey_frommemory(session_, server_.user.data(), server_.user.size(), nullptr, 0,
                                                     key.c_str(), key.size(),
                                                     passphrase.empty() ? nullptr : passphrase.c_str());
    };
    const bool locked = kind.lock == SshKeyLock::Passphrase;
    const int result = co_await drive(pipe_, call, locked ? Cost::KeyDerivation : Cost::Cheap);
    switch (result) {
      case 0:
        co_return true;
      case LIBSSH2_ERROR_AUTHENTICATION_FAILED:
      case LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
        tried_ += "the key";
        co_return false;
      case LIBSSH2_ERROR_SOCKET_SEND:
      case LIBSSH2_ERROR_SOCKET_RECV:
      case LIBSSH2_ERROR_SOCKET_DISCONNECT:
      case LIBSSH2_ERROR_SOCKET_TIMEOUT:
      case LIBSSH2_ERROR_TIMEOUT:
        throw SshError(SshFault::ConnectionLost, "authentication: " + pipe_.error_words());
      default:  // before anything was sent; the codes for one and the same cause differ by the key's format
        if (locked) throw SshError(SshFault::PassphraseWrong, "the passphrase does not open ssh-privatekey");
        throw SshError(SshFault::KeyInvalid, "ssh-privatekey cannot be used: " + pipe_.error_words());
    }
  }

  Task<bool> by_password() {
    const std::string& password = identity_.password.reveal();
    const auto call = [&] {
      return ::libssh2_userauth_password_ex(session_, server_.user.data(), static_cast<unsigned>(server_.user.size()),
                                            password.data(), static_cast<unsigned>(password.size()), nullptr);
    };
    const int result = co_await drive(pipe_, call);
    co_return accepted(result, "the password");
  }

  Task<bool> by_questions() {
    pipe_.answer_questions_with(&identity_.password.reveal());
    const auto call = [&] {
      return ::libssh2_userauth_keyboard_interactive_ex(session_, server_.user.data(),
                                                        static_cast<unsigned>(server_.user.size()), &answer_question);
    };
    const int result = co_await drive(pipe_, call);
    pipe_.answer_questions_with(nullptr);
    co_return accepted(result, "the password, asked for as a question");
  }

  // libssh2 frees the answers.
  static void answer_question(const char*, int, const char*, int, int count, const LIBSSH2_USERAUTH_KBDINT_PROMPT*,
                              LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses, void** self) {
    const std::string& answer = static_cast<SshPipe*>(*self)->answer();
    for (int i = 0; i < count; ++i) {
      responses[i].text = ::strdup(answer.c_str());
      responses[i].length = responses[i].text != nullptr ? static_cast<unsigned>(answer.size()) : 0;
    }
  }

  bool accepted(int result, const char* what) {
    if (result == 0) return true;
    if (result != LIBSSH2_ERROR_AUTHENTICATION_FAILED && result != LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED) {
      throw SshError(SshFault::ConnectionLost, "authentication: " + pipe_.error_words());
    }
    tried_.append(tried_.empty() ? "" : ", ").append(what);
    return false;
  }

  SshError refused() const {
    const std::string tried = tried_.empty() ? "what the Secret has is of no use there" : "it refused " + tried_;
    return {SshFault::AuthenticationFailed, "the server does not let user \"" + server_.user + "\" in: " + tried +
                                                " (it takes " + (methods_.empty() ? "nothing" : methods_) + ")"};
  }

  SshPipe& pipe_;
  LIBSSH2_SESSION* session_;
  const SshServer& server_;
  SshIdentity identity_;
  std::string methods_;
  std::string tried_;
};

Task<void> log_in_steps(SshPipe& pipe, const SshServer& server) {
  co_await shake_hands(pipe, server);
  check_host_key(server, shown_host_key(pipe.session()));
  pipe.forget_greeting();
  Authentication authentication(pipe, server);
  co_await authentication.run();
}

}  // namespace

void check_host_key(const SshServer& server, const SshHostKey& shown) {
  const auto& pinned = server.host_keys;
  if (std::find(pinned.begin(), pinned.end(), shown) != pinned.end()) return;
  const OfferedHostKey offered{server.hop, server.name(), shown.line(), shown.fingerprint()};
  const std::string shows = "the server shows a key of type " + shown.type + ", " + shown.fingerprint();
  if (pinned.empty()) {
    throw SshTrustError(
        SshFault::HostKeyUnknown,
        server.name() + ": no host key is pinned; " + shows + ": nothing was sent. To approve it, pin " + shown.line(),
        offered);
  }
  std::string expected;
  for (const SshHostKey& key : pinned) expected += (expected.empty() ? "" : ", ") + key.type + " " + key.fingerprint();
  throw SshTrustError(SshFault::HostKeyChanged,
                      server.name() + ": " + shows + ", and pinned is " + expected +
                          ": nothing was sent. The server was set up anew, or somebody else answers in its place",
                      offered);
}

Task<void> log_in(SshPipe& pipe, const SshServer& server, std::chrono::steady_clock::duration limit) {
  try {
    co_await base::within(limit, "log in", log_in_steps(pipe, server));
    co_return;
  } catch (const SshTrustError&) {
    throw;
  } catch (const SshError& ssh) {
    throw ssh.at(server.name());
  } catch (const base::Status& status) {
    if (status.reason() == base::Reason::ServiceUnavailable) {
      throw SshError(SshFault::ConnectionLost, server.name() + ": " + status.message());
    }
    if (status.reason() != base::Reason::Timeout) throw;
    if (pipe.greeting().empty() && ::libssh2_session_banner_get(pipe.session()) != nullptr) {
      throw SshError(SshFault::NoAnswer, server.name() + ": " + status.message());
    }
    throw failed_handshake(pipe, status.message()).at(server.name());
  }
}

}  // namespace berth::docker
