// SPDX-License-Identifier: Apache-2.0
#pragma once
// berthd's settings. Each is a flag, an environment variable BERTH_<NAME> and a key of the --config file, which win
// in that order: `--data-dir`, `BERTH_DATA_DIR`, `data-dir:`.
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace berth::cmd {

struct Config {
  std::filesystem::path data_dir = "/var/lib/berth";
  std::filesystem::path key_dir;  // default: <data-dir>.keys
  std::string listen = "127.0.0.1:7443";
  std::string metrics_listen = "127.0.0.1:7444";  // "" serves none
  std::filesystem::path metrics_tls_cert;
  std::filesystem::path metrics_tls_key;
  std::filesystem::path token_auth_file;
  std::vector<std::string> tls_names;  // more names and addresses for the server's certificate
  std::string controllers = "*";
  std::string instance;
  std::string docker_socket;  // of Host `local`; default: DOCKER_HOST when it is unix://, else /var/run/docker.sock
  std::string log_level = "info";
  unsigned loops = 0;  // event loops that serve clients; 0: one a core
  std::chrono::seconds drain{10};
  std::uint64_t audit_keep_records = 1'000'000;  // 0: any number
  unsigned audit_keep_days = 90;                 // 0: any age

  enum class Action { Serve, VerifyAudit, PrintVersion, ListFailpoints, PrintHelp };
  Action action = Action::Serve;
  std::string help;  // for PrintHelp
};

// Throws BadRequest naming the setting, what was found and what is allowed.
Config read_config(int argc, const char* const* argv);

}  // namespace berth::cmd
