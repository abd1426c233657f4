// SPDX-License-Identifier: Apache-2.0
#pragma once
// The certificates that berthd makes for itself. On disk: <data-dir>/ca.crt and server.crt; <key-dir>/ca.key and
// server.key (0600). A copy of the data directory alone signs nothing, apart from admin.kubeconfig, which is a
// credential and left out of backups.
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/tls.hpp"

namespace berth::api {

struct PkiOptions {
  std::filesystem::path data_dir;
  std::filesystem::path key_dir;
  // Host names and IP addresses that the server's certificate must be good for, beside localhost, 127.0.0.1, ::1.
  std::vector<std::string> names;
};

struct Pki {
  base::PemPair ca;
  base::PemPair server;
};

// Reads what stands and makes what is missing. The server's certificate is made again when it has at most 30 days
// left, lacks a name, or comes from another CA. Throws Forbidden for a key that others may read, and for a CA's
// certificate whose key is gone.
Pki open_pki(const PkiOptions& options, const base::Clock& clock);

// Writes <data-dir>/admin.kubeconfig (0600, user berth-admin in system:masters) when it is absent, or no longer leads
// here: another address or authority, or a certificate with at most 30 days left. A certificate that is still good is
// kept, and a file that is none of ours is left alone. `server` is "https://127.0.0.1:7443". True when it was written.
bool write_admin_kubeconfig(const std::filesystem::path& data_dir, const Pki& pki, const std::string& server,
                            const base::Clock& clock);

}  // namespace berth::api
