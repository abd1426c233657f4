// SPDX-License-Identifier: Apache-2.0
#include "docker/probe_reach.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>

namespace berth::docker {
namespace {

using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

enum class Place { Host, Loopback, LinkLocal, Metadata, Nobody };

Place place_of(address_v4 address) {
  const std::uint32_t bits = address.to_uint();
  if (bits >> 24 == 127) return Place::Loopback;
  if (bits >> 16 == 0xa9fe) return Place::LinkLocal;
  // Of clouds whose service is not link-local: Alibaba's, Oracle's.
  if (bits == 0x646464c8 || bits == 0xc00000c0) return Place::Metadata;
  if (bits >> 24 == 0 || bits >> 28 >= 0xe) return Place::Nobody;
  return Place::Host;
}

// The IPv4 address that stands in an IPv6 one from this byte on.
address_v4 within(const address_v6::bytes_type& bytes, std::size_t from) {
  address_v4::bytes_type four{};
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(from), four.size(), four.begin());
  return address_v4(four);
}

Place place_of(const address_v6& address) {
  const address_v6::bytes_type bytes = address.to_bytes();
  if (address.is_loopback()) return Place::Loopback;
  if (address.is_unspecified() || address.is_multicast()) return Place::Nobody;
  if (address.is_link_local()) return Place::LinkLocal;
  static const address_v6 kAmazon = boost::asio::ip::make_address_v6("fd00:ec2::254");
  if (address == kAmazon) return Place::Metadata;
  const auto begins = [&bytes](const auto& prefix) { return std::equal(prefix.begin(), prefix.end(), bytes.begin()); };
  constexpr std::array<unsigned char, 12> kNat64{0, 0x64, 0xff, 0x9b};
  constexpr std::array<unsigned char, 12> kCompatible{};
  constexpr std::array<unsigned char, 2> k6to4{0x20, 0x02};
  if (address.is_v4_mapped() || begins(kNat64) || begins(kCompatible)) return place_of(within(bytes, 12));
  if (begins(k6to4)) return place_of(within(bytes, 2));
  return Place::Host;
}

}  // namespace

std::string why_not_probed(const std::string& text, Loopback loopback) {
  boost::system::error_code code;
  const auto address = boost::asio::ip::make_address(text, code);
  if (code) return text + " is no address";
  switch (address.is_v4() ? place_of(address.to_v4()) : place_of(address.to_v6())) {
    case Place::Host:
      return "";
    case Place::Loopback:
      if (loopback == Loopback::Allowed) return "";
      return text + " is on loopback: only a Registry of berth-system or of a privileged namespace may be there";
    case Place::LinkLocal:
      return text + " is link-local, where no registry is asked";
    case Place::Metadata:
      return text + " is a cloud's metadata service";
    case Place::Nobody:
      break;
  }
  return text + " is no address of a host";
}

}  // namespace berth::docker
