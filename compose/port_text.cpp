// SPDX-License-Identifier: Apache-2.0
// [[IP:]HOST[-HOST]:]CONTAINER[-CONTAINER][/protocol] of `ports`; declared in compose/long_form.hpp.
#include <arpa/inet.h>

#include <charconv>
#include <map>

#include "compose/long_form.hpp"
#include "compose/problems.hpp"
#include "compose/scalars.hpp"

namespace berth::compose {

namespace {

struct Range {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  int size() const { return last - first; }
};

class PortText {
 public:
  PortText(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  JsonArray read() const {
    std::string_view left = text_;
    std::string_view container = take_last(left);
    const std::string_view host = take_last(left);
    const std::string address = read_address(left);
    const std::string protocol = take_protocol(container);
    if (container.empty()) fail("no container port");
    const Range inside = read_range(container);
    if (inside.first == 0) fail("no container port is 0");
    const Range outside = host.empty() ? Range{} : read_range(host);
    if (!host.empty() && inside.size() != outside.size() && inside.size() != 0) {
      fail("the ranges of host and container ports differ in length");
    }
    std::map<std::string, Json> ports;  // compose's order is that of the texts: 10 before 9
    for (int i = 0; i <= inside.size(); ++i) {
      JsonObject port{{"mode", "ingress"}, {"target", inside.first + i}, {"protocol", protocol}};
      if (!address.empty()) port["host_ip"] = address;
      if (!host.empty()) {
        std::string published = std::to_string(outside.first + i);
        if (inside.size() == 0 && outside.size() != 0) published += "-" + std::to_string(outside.last);
        port["published"] = published;
      }
      ports.emplace(std::to_string(inside.first + i) + "/", std::move(port));
    }
    JsonArray made;
    for (auto& port : ports) made.push_back(std::move(port.second));
    return made;
  }

 private:
  // What follows the last colon.
  static std::string_view take_last(std::string_view& left) {
    const std::size_t colon = left.rfind(':');
    const std::string_view last = colon == std::string_view::npos ? left : left.substr(colon + 1);
    left = left.substr(0, colon == std::string_view::npos ? 0 : colon);
    return last;
  }

  std::string read_address(std::string_view address) const {
    if (address.empty()) return "";
    const bool bracketed = address.starts_with('[') && address.ends_with(']');
    if (bracketed) address = address.substr(1, address.size() - 2);
    if (!bracketed && address.find(':') != std::string_view::npos) fail("an IPv6 address goes in brackets");
    if (!is_address(address)) fail("the part before the host port is no IP address");
    return std::string(address);
  }

  std::string take_protocol(std::string_view& container) const {
    const std::size_t slash = container.find('/');
    if (slash == std::string_view::npos) return "tcp";
    std::string_view protocol = container.substr(slash + 1);
    protocol = protocol.substr(0, protocol.find('/'));
    container = container.substr(0, slash);
    if (protocol.empty()) return "tcp";
    std::string lower = to_lower(protocol);
    if (lower != "tcp" && lower != "udp" && lower != "sctp") fail("the protocol is none of tcp, udp, sctp");
    return lower;
  }

  std::uint16_t read_number(std::string_view digits) const {
    std::uint16_t port = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (digits.empty() || result.ec != std::errc() || result.ptr != digits.data() + digits.size()) {
      fail("a port is a number from 0 to 65535");
    }
    return port;
  }

  Range read_range(std::string_view range) const {
    const std::size_t dash = range.find('-');
    if (dash == std::string_view::npos) {
      const std::uint16_t port = read_number(range);
      return {port, port};
    }
    std::string_view end = range.substr(dash + 1);
    end = end.substr(0, end.find('-'));
    const Range read{read_number(range.substr(0, dash)), read_number(end)};
    if (read.last < read.first) fail("a range begins with its lower port");
    return read;
  }

  [[noreturn]] void fail(const char* why) const { refuse(path_, "\"" + std::string(text_) + "\": " + why); }

  std::string_view text_;
  const std::string& path_;
};

}  // namespace

bool is_address(std::string_view text) {
  in6_addr binary{};
  const std::string address(text);
  return inet_pton(AF_INET, address.c_str(), &binary) == 1 || inet_pton(AF_INET6, address.c_str(), &binary) == 1;
}

Json lengthen_ports(const Json& value, const std::string& path) {
  if (!value.is_array()) return value;
  JsonArray ports;
  std::size_t index = 0;
  for (const Json& item : value.get_array()) {
    const std::string where = path + "[" + std::to_string(index++) + "]";
    if (item.is_object()) {
      ports.push_back(item);
      continue;
    }
    const std::string text = scalar_text(item);
    for (Json& port : PortText(text, where).read()) ports.push_back(std::move(port));
  }
  return ports;
}

}  // namespace berth::compose
