// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the built-in client asks a server for, and why the two have nothing in common. libssh2 1.10 has neither AES-GCM,
// ChaCha20, the -etm MACs nor rsa-sha2; what it has beside this list (CBC, SHA-1, MD5) is not used.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::docker {

struct SshAlgorithms {
  std::vector<std::string> exchange;
  std::vector<std::string> host_key;
  std::vector<std::string> cipher;
  std::vector<std::string> mac;
};

const SshAlgorithms& our_algorithms();

// "a,b,c"
std::string join_names(const std::vector<std::string>& names);

// What a server has said before encryption begins: lines of text, its version, its algorithms (RFC 4253, 4.2 and 7.1).
struct SshGreeting {
  std::string version;                  // "SSH-2.0-OpenSSH_9.2"; "" when there was none
  std::string text;                     // the first line that is not a version, printable
  std::optional<SshAlgorithms> offers;  // once its list has come whole
};
SshGreeting read_greeting(std::string_view bytes);

// "ciphers (the server has only aes256-gcm@openssh.com)"; "" when each list has something in common.
std::string describe_mismatch(const SshAlgorithms& offers);

}  // namespace berth::docker
