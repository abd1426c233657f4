// SPDX-License-Identifier: Apache-2.0
// ustar (POSIX.1-1988): a header of 512 bytes a file, its content padded to 512, two empty blocks at the end.
#include <cstdio>
#include <cstring>

#include "base/status.hpp"
#include "docker/client.hpp"

namespace berth::docker {

namespace {

constexpr std::size_t kBlock = 512;

struct Header {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char link[100];
  char magic[6];
  char version[2];
  char user[32];
  char group[32];
  char major[8];
  char minor[8];
  char prefix[155];
  char padding[12];
};
static_assert(sizeof(Header) == kBlock);

// Digits fill the field up to its last byte, which stays NUL.
template <std::size_t N>
void write_octal(char (&field)[N], unsigned long long value) {
  std::snprintf(field, N, "%0*llo", static_cast<int>(N) - 1, value);
}

// A path longer than `name` is split at a slash into `prefix` and `name`.
void write_path(Header& header, const std::string& path) {
  if (path.size() <= sizeof header.name) {
    std::memcpy(header.name, path.data(), path.size());
    return;
  }
  const std::size_t slash = path.find('/', path.size() - sizeof header.name - 1);
  if (slash == std::string::npos || slash > sizeof header.prefix || slash + 1 == path.size()) {
    throw base::bad_request("path too long for an archive: " + path);
  }
  std::memcpy(header.prefix, path.data(), slash);
  std::memcpy(header.name, path.data() + slash + 1, path.size() - slash - 1);
}

Header make_header(const TarFile& file, const std::string& path) {
  Header header{};
  write_path(header, path);
  write_octal(header.mode, static_cast<unsigned>(file.mode) & 07777);
  write_octal(header.uid, 0);
  write_octal(header.gid, 0);
  write_octal(header.size, file.content.size());
  write_octal(header.mtime, 0);
  header.type = '0';
  std::memcpy(header.magic, "ustar", 6);
  std::memcpy(header.version, "00", 2);
  std::memset(header.checksum, ' ', sizeof header.checksum);
  unsigned sum = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
  for (std::size_t i = 0; i < kBlock; ++i) sum += bytes[i];
  std::snprintf(header.checksum, sizeof header.checksum, "%06o", sum);
  return header;
}

}  // namespace

std::string make_tar(const std::vector<TarFile>& files) {
  std::string tar;
  for (const TarFile& file : files) {
    const std::string path = file.path.substr(std::min(file.path.size(), file.path.find_first_not_of('/')));
    if (path.empty()) throw base::bad_request("a file of an archive needs a path");
    const Header header = make_header(file, path);
    tar.append(reinterpret_cast<const char*>(&header), kBlock);
    tar.append(file.content);
    tar.resize((tar.size() + kBlock - 1) / kBlock * kBlock);
  }
  tar.append(2 * kBlock, '\0');
  return tar;
}

}  // namespace berth::docker
