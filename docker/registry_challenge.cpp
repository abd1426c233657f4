// SPDX-License-Identifier: Apache-2.0
#include "docker/registry_challenge.hpp"

#include <algorithm>
#include <charconv>

namespace berth::docker {
namespace {

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), to_lower);
  return made;
}

bool is_token(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
         kMarks.find(c) != std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  void skip(std::string_view marks) { text_.remove_prefix(std::min(text_.find_first_not_of(marks), text_.size())); }
  bool take(char mark) {
    if (!text_.starts_with(mark)) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::string_view token() {
    const auto end = std::ranges::find_if_not(text_, is_token);
    const std::string_view found = text_.substr(0, static_cast<std::size_t>(end - text_.begin()));
    text_.remove_prefix(found.size());
    return found;
  }
  // The rest of a quoted text, whose first quote is taken; nothing when it does not end.
  std::optional<std::string> quoted() {
    std::string made;
    while (!text_.empty()) {
      const char c = text_.front();
      text_.remove_prefix(1);
      if (c == '"') return made;
      if (c == '\\' && text_.empty()) break;
      made += c == '\\' ? text_.front() : c;
      if (c == '\\') text_.remove_prefix(1);
    }
    return std::nullopt;
  }
  // "name=value" is next, and no new scheme.
  bool at_parameter() const {
    Reader ahead = *this;
    if (ahead.token().empty()) return false;
    ahead.skip(" \t");
    return ahead.take('=');
  }

 private:
  std::string_view text_;
};

bool read_parameter(Reader& reader, RegistryChallenge& challenge) {
  const std::string name = lower(reader.token());
  reader.skip(" \t");
  if (name.empty() || !reader.take('=')) return false;
  reader.skip(" \t");
  if (!reader.take('"')) {
    challenge.values[name] = reader.token();
    return true;
  }
  std::optional<std::string> value = reader.quoted();
  if (!value) return false;
  challenge.values[name] = std::move(*value);
  return true;
}

bool is_host_text(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '.' || c == '_';
  });
}

bool read_authority(std::string_view text, WebAddress& address) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    address.host = text.substr(1, end - 1);
    if (!std::ranges::all_of(address.host, [](char c) {
          return c == ':' || c == '.' || (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
        })) {
      return false;
    }
    text.remove_prefix(end + 1);
    if (!text.empty() && !text.starts_with(':')) return false;
    port = text.empty() ? text : text.substr(1);
  } else {
    const std::size_t colon = text.find(':');
    address.host = text.substr(0, colon);
    if (!is_host_text(address.host)) return false;
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
  }
  if (port.empty()) return !address.host.empty();
  const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  return code == std::errc() && end == port.data() + port.size() && address.port != 0;
}

}  // namespace

std::string RegistryChallenge::value(const std::string& name) const {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

std::vector<RegistryChallenge> parse_challenges(std::string_view header) {
  std::vector<RegistryChallenge> challenges;
  Reader reader(header);
  for (reader.skip(" \t,"); !reader.at_end(); reader.skip(" \t,")) {
    RegistryChallenge challenge;
    challenge.scheme = lower(reader.token());
    if (challenge.scheme.empty()) break;
    reader.skip(" \t");
    while (reader.at_parameter()) {
      if (!read_parameter(reader, challenge)) return challenges;
      reader.skip(" \t,");
    }
    challenges.push_back(std::move(challenge));
  }
  return challenges;
}

std::string WebAddress::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? 443 : 80) ? name : name + ":" + std::to_string(port);
}

std::optional<WebAddress> parse_web_address(std::string_view url) {
  WebAddress address;
  address.tls = url.starts_with("https://");
  if (!address.tls && !url.starts_with("http://")) return std::nullopt;
  address.port = address.tls ? 443 : 80;
  url.remove_prefix(address.tls ? 8 : 7);
  const std::size_t end = url.find_first_of("/?#");
  if (!read_authority(url.substr(0, end), address)) return std::nullopt;
  address.target = end == std::string_view::npos ? "/" : std::string(url.substr(end));
  if (const std::size_t fragment = address.target.find('#'); fragment != std::string::npos) {
    address.target.erase(fragment);
  }
  if (!address.target.starts_with('/')) address.target.insert(0, "/");
  const bool splits =
      std::ranges::any_of(address.target, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
  if (splits) return std::nullopt;
  return address;
}

std::optional<WebAddress> registry_address(std::string_view server, Transport transport) {
  WebAddress address;
  address.tls = transport == Transport::Tls;
  address.port = address.tls ? 443 : 80;
  address.target = "/v2/";
  // The name that people know it by does not speak the protocol.
  if (!read_authority(server == "docker.io" ? "registry-1.docker.io" : server, address)) return std::nullopt;
  return address;
}

}  // namespace berth::docker
