// SPDX-License-Identifier: Apache-2.0
#include "cli/host_trust.hpp"

#include <unistd.h>

#include <iostream>
#include <ostream>

#include "base/crypto.hpp"
#include "base/status.hpp"
#include "cli/known_hosts.hpp"
#include "cli/printable.hpp"
#include "cli/temporary_folder.hpp"

namespace berth::cli {
namespace {

// Keys to pin, and where.
struct Pin {
  std::string field;  // "spec.ssh.jumps[0].hostKeys"
  std::string server;
  std::vector<std::string> keys;
  bool pinned_before = false;
};

// "/spec/ssh/jumps/0/hostKeys"
std::string pointer_of(const std::string& field) {
  std::string pointer = "/";
  for (const char c : field) {
    if (c == ']') continue;
    pointer += c == '.' || c == '[' ? '/' : c;
  }
  return pointer;
}

std::string fingerprint_of(const std::string& key) {
  const std::string blob = base::from_base64(key.substr(key.find(' ') + 1));
  std::string digest = base::to_base64(base::sha256(blob));
  while (digest.ends_with('=')) digest.pop_back();
  return "SHA256:" + digest;
}

bool has_keys(const Json& server) {
  const Json* keys = base::find_path(server, "hostKeys");
  return keys != nullptr && keys->is_array() && !keys->get_array().empty();
}

// What the server showed to berthd.
std::vector<Pin> shown_pins(const Json& host) {
  const std::string field(base::string_at(host, "status.offeredHostKey.field"));
  if (field.empty()) return {};
  const bool changed = base::find_path(host, "spec.ssh.hostKeys") != nullptr && field == "spec.ssh.hostKeys";
  Pin pin{field,
          std::string(base::string_at(host, "status.offeredHostKey.server")),
          {std::string(base::string_at(host, "status.offeredHostKey.key"))},
          changed && has_keys(*base::find_path(host, "spec.ssh"))};
  if (const Json* jumps = base::find_path(host, "spec.ssh.jumps"); jumps != nullptr && jumps->is_array()) {
    for (std::size_t i = 0; i < jumps->get_array().size(); ++i) {
      if (field == "spec.ssh.jumps[" + std::to_string(i) + "].hostKeys")
        pin.pinned_before = has_keys(jumps->get_array()[i]);
    }
  }
  return {pin};
}

void add_known(std::vector<Pin>& pins, const Json& server, const std::string& field, std::string_view file) {
  const std::string address(base::string_at(server, "address"));
  const auto port = static_cast<std::uint16_t>(base::int_at(server, "port", 22));
  Pin pin{field, address + ":" + std::to_string(port), known_keys(file, address, port), has_keys(server)};
  if (!pin.keys.empty()) pins.push_back(std::move(pin));
}

std::vector<Pin> known_pins(const Json& host, const std::string& path) {
  const std::string file = read_text(path);
  std::vector<Pin> pins;
  const Json* ssh = base::find_path(host, "spec.ssh");
  if (ssh == nullptr) return pins;
  if (const Json* jumps = base::find_path(*ssh, "jumps"); jumps != nullptr && jumps->is_array()) {
    for (std::size_t i = 0; i < jumps->get_array().size(); ++i) {
      add_known(pins, jumps->get_array()[i], "spec.ssh.jumps[" + std::to_string(i) + "].hostKeys", file);
    }
  }
  add_known(pins, *ssh, "spec.ssh.hostKeys", file);
  return pins;
}

void show(Session& session, const Pin& pin) {
  session.out << printable(pin.server) << " (" << printable(pin.field) << ")\n";
  for (const std::string& key : pin.keys) {
    session.out << "  " << printable(key.substr(0, key.find(' '))) << " " << fingerprint_of(key) << "\n";
  }
}

bool confirmed(Session& session) {
  if (::isatty(STDIN_FILENO) != 1) {
    throw base::bad_request("standard input is no terminal to ask at: compare the fingerprint, then give --yes");
  }
  session.out << "Pin this? Type yes: " << std::flush;
  std::string answer;
  return std::getline(std::cin, answer) && answer == "yes";
}

std::string patch_of(const Json& host, const std::vector<Pin>& pins) {
  base::JsonArray operations;
  operations.push_back({{"op", "test"},
                        {"path", "/metadata/resourceVersion"},
                        {"value", base::string_at(host, "metadata.resourceVersion")}});
  for (const Pin& pin : pins) {
    base::JsonArray keys;
    for (const std::string& key : pin.keys) keys.emplace_back(key);
    operations.push_back({{"op", "add"}, {"path", pointer_of(pin.field)}, {"value", std::move(keys)}});
  }
  return base::to_canonical(operations);
}

}  // namespace

Task<int> run_host_trust(Session& session, HostTrustOptions options) {
  const Resource& hosts = session.discovery.find_kind("berth.dev/v1", "Host");
  const std::string path = hosts.path("", options.name);
  const Reply host = co_await session.client.get(path);
  const bool from_file = !options.known_hosts.empty();
  const std::vector<Pin> pins = from_file ? known_pins(host.body, options.known_hosts) : shown_pins(host.body);
  if (pins.empty()) {
    throw base::bad_request(from_file ? "the file has no key for a server of host \"" + options.name + "\""
                                      : "host \"" + options.name + "\" has shown no key that is not pinned");
  }
  for (const Pin& pin : pins) {
    show(session, pin);
    if (pin.pinned_before && !options.replace) {
      throw base::bad_request(pin.field +
                              " has other keys already. When the server was set up anew, give --replace; when it was "
                              "not, somebody else may be answering in its place");
    }
  }
  if (!options.yes && !confirmed(session)) co_return 1;
  std::string patch = patch_of(host.body, pins);
  const Reply reply = co_await session.client.send("PATCH", path + query_of({{"fieldManager", "berth-trust"}}),
                                                   "application/json-patch+json", std::move(patch));
  print_warnings(session, reply);
  session.out << hosts.label() << "/" << options.name << " trusted\n";
  co_return 0;
}

}  // namespace berth::cli
