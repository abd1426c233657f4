// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/host/host_access.hpp"

#include "base/crypto.hpp"
#include "docker/ssh_connector.hpp"
#include "docker/tcp_connector.hpp"

namespace berth::reconcilers {
namespace {

using Secrets = std::vector<std::pair<std::string, resources::SecretValue>>;

Secrets open_all(const resources::Resources& resources, const schemas::NamespacedRef& ref) {
  return resources.open_secret_all(resources::controller_caller("host"), ref.ns, ref.name);
}

std::string_view value_of(const Secrets& secrets, std::string_view key) {
  for (const auto& [name, value] : secrets) {
    if (name == key) return value.reveal_for_engine();
  }
  return {};
}

// So that no two lists of parts read the same.
void add_part(std::string& text, std::string_view part) { text.append(std::to_string(part.size()) + ":").append(part); }

// Tells contents apart without saying anything about them. A Secret that is not there is a content, too.
std::string mark_of(const resources::Resources& resources, const schemas::NamespacedRef& ref) {
  std::string text;
  try {
    for (const auto& [name, value] : open_all(resources, ref)) {
      add_part(text, name);
      add_part(text, base::hmac_sha256(resources.hash_key(), {value.reveal_for_engine()}));
    }
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::NotFound) throw;
    return "absent";
  }
  return base::to_hex(base::hmac_sha256(resources.hash_key(), {text}));
}

docker::SshIdentitySource ssh_identity(const resources::Resources& resources, const schemas::NamespacedRef& ref) {
  return [&resources, ref] {
    const Secrets secrets = open_all(resources, ref);
    docker::SshIdentity identity;
    identity.private_key = docker::WipedString(value_of(secrets, "ssh-privatekey"));
    identity.passphrase = docker::WipedString(value_of(secrets, "passphrase"));
    identity.password = docker::WipedString(value_of(secrets, "password"));
    identity.certificate = value_of(secrets, "certificate");
    return identity;
  };
}

docker::TlsIdentitySource tls_identity(const resources::Resources& resources, const schemas::NamespacedRef& ref) {
  return [&resources, ref] {
    const Secrets secrets = open_all(resources, ref);
    for (const char* key : {"ca.crt", "tls.crt", "tls.key"}) {
      if (!value_of(secrets, key).empty()) continue;
      throw base::Status(base::Reason::NotFound,
                         "Secret \"" + ref.ns + "/" + ref.name + "\" has no key \"" + key + "\"");
    }
    docker::TlsIdentity identity;
    identity.ca = value_of(secrets, "ca.crt");
    identity.certificate = value_of(secrets, "tls.crt");
    identity.key = docker::WipedString(value_of(secrets, "tls.key"));
    return identity;
  };
}

std::vector<docker::SshHostKey> read_host_keys(const std::vector<std::string>& lines, const std::string& field) {
  std::vector<docker::SshHostKey> keys;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    try {
      keys.push_back(docker::host_key_from_line(lines[i]));
    } catch (const base::Status& status) {
      throw status.with_prefix(field + "[" + std::to_string(i) + "]");
    }
  }
  return keys;
}

// A jump and the host itself have the same fields.
template <class Spec>
void add_server(docker::SshChain& chain, const Spec& spec, const std::string& field,
                const resources::Resources& resources) {
  docker::SshServer server;
  server.address = spec.address;
  server.port = static_cast<std::uint16_t>(spec.port);
  server.user = spec.user;
  server.host_keys = read_host_keys(spec.host_keys, field);
  server.identity = ssh_identity(resources, spec.identity_secret_ref);
  server.hop = chain.servers.size();
  std::string key;
  for (const std::string& part : {server.name(), spec.user, mark_of(resources, spec.identity_secret_ref)})
    add_part(key, part);
  for (const std::string& line : spec.host_keys) add_part(key, line);
  chain.servers.push_back(std::move(server));
  chain.keys.push_back(std::move(key));
}

HostAccess ssh_access(const schemas::HostSpec& spec, const resources::Resources& resources, docker::SshHub& hub) {
  docker::SshTarget target;
  for (const schemas::SshJump& jump : spec.ssh->jumps) {
    add_server(target.chain, jump, host_keys_field(spec, target.chain.servers.size()), resources);
  }
  add_server(target.chain, *spec.ssh, host_keys_field(spec, target.chain.servers.size()), resources);
  target.transport = docker::ssh_transport_named(spec.ssh->transport);
  target.engine_socket = spec.ssh->engine_socket;
  HostAccess access;
  access.id = "ssh " + spec.ssh->transport + " " + spec.ssh->engine_socket;
  for (const std::string& key : target.chain.keys) add_part(access.id, key);
  access.make = [&hub, target] { return docker::ssh_connector(hub, target); };
  return access;
}

HostAccess tcp_access(const schemas::TcpTransport& spec, const resources::Resources& resources) {
  docker::TcpTarget target;
  std::tie(target.host, target.port) = docker::split_host_port(spec.address);
  target.server_name = spec.server_name.value_or(target.host);
  if (spec.tls_secret_ref) target.identity = tls_identity(resources, *spec.tls_secret_ref);
  const std::string mark = spec.tls_secret_ref ? mark_of(resources, *spec.tls_secret_ref) : "none";
  HostAccess access;
  access.id = "tcp";
  for (const std::string& part : {spec.address, target.server_name, mark}) add_part(access.id, part);
  access.make = [target] { return docker::tcp_connector(target); };
  return access;
}

HostAccess refuse(std::string reason, std::string message) {
  HostAccess access;
  access.refused = {Truth::False, std::move(reason), std::move(message)};
  return access;
}

}  // namespace

HostAccess host_access(const schemas::HostSpec& spec, const resources::Resources& resources, docker::SshHub& hub) {
  try {
    if (spec.ssh) return ssh_access(spec, resources, hub);
    if (spec.tcp) return tcp_access(*spec.tcp, resources);
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::BadRequest) throw;
    return refuse("SpecInvalid", status.message());
  }
  if (!spec.local) return refuse("TransportNotServed", "spec.agent is not served yet; only local, ssh and tcp are");
  HostAccess access;
  access.id = "unix://" + spec.local->socket;
  access.make = [socket = spec.local->socket] { return docker::unix_connector(socket); };
  return access;
}

std::string host_keys_field(const schemas::HostSpec& spec, std::size_t hop) {
  if (!spec.ssh || hop >= spec.ssh->jumps.size()) return "spec.ssh.hostKeys";
  return "spec.ssh.jumps[" + std::to_string(hop) + "].hostKeys";
}

}  // namespace berth::reconcilers
