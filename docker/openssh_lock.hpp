// SPDX-License-Identifier: Apache-2.0
#pragma once
// The part of a private key in OpenSSH's format that only its owner can read.
// https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
#include <string_view>

#include "docker/ssh_identity.hpp"

namespace berth::docker {

// `bytes` are what stands between the key's BEGIN and END, decoded. Of a key with a passphrase it takes its time: not
// for an event loop. Throws SshError: KeyInvalid, KeyNotSupported (the cipher); PassphraseWrong.
WipedString open_openssh_key(std::string_view bytes, std::string_view passphrase);

}  // namespace berth::docker
