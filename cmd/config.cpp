// SPDX-License-Identifier: Apache-2.0
#include "cmd/config.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>

#include "base/status.hpp"
#include "base/yaml.hpp"

namespace berth::cmd {
namespace {

// One setting: where its text goes, and how `--help` shows it.
struct Setting {
  std::string name;
  std::string value_name;
  std::string help;
  std::function<void(Config&, const std::string&)> set;
};

unsigned parse_count(const std::string& name, const std::string& text, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) {
    throw base::bad_request(name + ": \"" + text + "\" is no whole number from 0 to " + std::to_string(most));
  }
  return value;
}

std::vector<std::string> split_commas(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from < text.size();) {
    const auto comma = std::min(text.find(',', from), text.size());
    if (comma > from) parts.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  return parts;
}

void set_log_level(Config& config, const std::string& text) {
  static const std::vector<std::string> kLevels{"debug", "info", "warning", "error"};
  if (std::find(kLevels.begin(), kLevels.end(), text) == kLevels.end()) {
    throw base::bad_request("log-level: \"" + text + "\" is none of debug, info, warning, error");
  }
  config.log_level = text;
}

const std::vector<Setting>& settings() {
  static const std::vector<Setting> kSettings{
      {"data-dir", "DIR", "where objects, the journal and admin.kubeconfig live",
       [](Config& c, const std::string& v) { c.data_dir = v; }},
      {"key-dir", "DIR", "keys that seal the data, outside it; default <data-dir>.keys",
       [](Config& c, const std::string& v) { c.key_dir = v; }},
      {"listen", "ADDRESS", "HTTPS for the API, HOST:PORT", [](Config& c, const std::string& v) { c.listen = v; }},
      {"metrics-listen", "ADDRESS", "plain HTTP for /metrics, on loopback unless it is given TLS; empty for none",
       [](Config& c, const std::string& v) { c.metrics_listen = v; }},
      {"metrics-tls-cert", "FILE", "certificate that makes --metrics-listen HTTPS",
       [](Config& c, const std::string& v) { c.metrics_tls_cert = v; }},
      {"metrics-tls-key", "FILE", "its key", [](Config& c, const std::string& v) { c.metrics_tls_key = v; }},
      {"token-auth-file", "FILE", "static bearer tokens: lines of token,user,uid[,\"group1,group2\"]",
       [](Config& c, const std::string& v) { c.token_auth_file = v; }},
      {"tls-names", "NAMES", "further names and addresses for the server's certificate, comma-separated",
       [](Config& c, const std::string& v) { c.tls_names = split_commas(v); }},
      {"controllers", "LIST", "loops to run: '*', 'none', or names; '-name' leaves one out",
       [](Config& c, const std::string& v) { c.controllers = v; }},
      {"instance", "ID", "value of the label berth.dev/instance, to take over the containers of a rebuilt server",
       [](Config& c, const std::string& v) { c.instance = v; }},
      {"docker-socket", "PATH",
       "socket of Host local on first start; default from DOCKER_HOST, else "
       "/var/run/docker.sock",
       [](Config& c, const std::string& v) { c.docker_socket = v; }},
      {"log-level", "LEVEL", "debug, info, warning or error", set_log_level},
      {"loops", "N", "event loops that serve clients; 0 for one a core",
       [](Config& c, const std::string& v) { c.loops = parse_count("loops", v, 256); }},
      {"drain", "SECONDS", "how long SIGTERM waits for requests in flight",
       [](Config& c, const std::string& v) { c.drain = std::chrono::seconds(parse_count("drain", v, 3600)); }},
      {"audit-keep-records", "N", "newest audit records that are kept; 0 for all",
       [](Config& c, const std::string& v) {
         c.audit_keep_records = parse_count("audit-keep-records", v, 1'000'000'000);
       }},
      {"audit-keep-days", "DAYS", "how long audit records are kept; 0 for ever",
       [](Config& c, const std::string& v) { c.audit_keep_days = parse_count("audit-keep-days", v, 36'500); }},
  };
  return kSettings;
}

std::string environment_name(const std::string& name) {
  std::string text = "BERTH_";
  for (const char c : name) text.push_back(c == '-' ? '_' : static_cast<char>(std::toupper(c)));
  return text;
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw base::bad_request("config: cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// The file's keys are the settings' names; anything else is an error, so that a typing mistake is not a default.
void apply_file(Config& config, const std::filesystem::path& path) {
  const base::Json value = base::parse_one_yaml(read_text(path)).value;
  if (!value.is_object()) throw base::bad_request("config: " + path.string() + " must hold a mapping");
  for (const auto& [key, entry] : value.get_object()) {
    const auto setting =
        std::find_if(settings().begin(), settings().end(), [&key](const Setting& s) { return key == s.name; });
    if (setting == settings().end()) {
      throw base::bad_request("config: " + path.string() + ": unknown setting \"" + std::string(key) + "\"");
    }
    if (entry.is_object() || entry.is_array()) {
      throw base::bad_request("config: " + path.string() + ": " + setting->name + " must be a scalar");
    }
    setting->set(config, entry.is_string() ? std::string(entry.get_string()) : base::to_canonical(entry));
  }
}

std::string default_socket() {
  constexpr std::string_view kUnix = "unix://";
  const char* host = std::getenv("DOCKER_HOST");
  if (host != nullptr && std::string_view(host).starts_with(kUnix)) return std::string(host).substr(kUnix.size());
  return "/var/run/docker.sock";
}

}  // namespace

Config read_config(int argc, const char* const* argv) {
  CLI::App app{"berthd: the Kubernetes API for plain Docker hosts", "berthd"};
  app.footer(
      "Each setting is also an environment variable (--data-dir is BERTH_DATA_DIR) and a key of the --config file;\n"
      "a flag wins over the environment, the environment over the file.");
  std::map<std::string, std::string> flags;
  for (const Setting& setting : settings()) {
    app.add_option("--" + setting.name, flags[setting.name], setting.help)->type_name(setting.value_name);
  }
  std::string file;
  app.add_option("--config", file, "YAML file of settings")->type_name("FILE")->envname("BERTH_CONFIG");
  bool wants_verification = false;
  bool wants_version = false;
  bool wants_failpoints = false;
  app.add_flag("--verify-audit", wants_verification, "walk the audit journal of a berthd that is down, and exit");
  app.add_flag("--version", wants_version, "print the version and exit");
  app.add_flag("--list-failpoints", wants_failpoints, "print the names that BERTH_FAILPOINT takes, for tests");

  Config config;
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    config.action = Config::Action::PrintHelp;
    config.help = app.help();
    return config;
  } catch (const CLI::ParseError& e) {
    throw base::bad_request(e.what());
  }
  if (!file.empty()) apply_file(config, file);
  for (const Setting& setting : settings()) {
    const char* environment = std::getenv(environment_name(setting.name).c_str());
    if (app.count("--" + setting.name) > 0) {
      setting.set(config, flags[setting.name]);
    } else if (environment != nullptr) {
      setting.set(config, environment);
    }
  }
  if (wants_verification) config.action = Config::Action::VerifyAudit;
  if (wants_version) config.action = Config::Action::PrintVersion;
  if (wants_failpoints) config.action = Config::Action::ListFailpoints;
  if (config.key_dir.empty()) config.key_dir = config.data_dir.string() + ".keys";
  if (config.docker_socket.empty()) config.docker_socket = default_socket();
  return config;
}

}  // namespace berth::cmd
