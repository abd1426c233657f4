// SPDX-License-Identifier: Apache-2.0
#include "base/private_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/crypto.hpp"
#include "base/status.hpp"

namespace berth::base {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  int get() const { return value_; }

 private:
  int value_;
};

[[noreturn]] void fail(const char* what, const std::filesystem::path& path) {
  const int error = errno;
  const std::string text = fmt::format("{} {}: {}", what, path.string(), std::strerror(error));
  if (error == ENOENT) throw Status(Reason::NotFound, text);
  throw Status(Reason::ServiceUnavailable, text);
}

void require_private(int descriptor, const std::filesystem::path& path, unsigned allowed) {
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) fail("stat", path);
  if (info.st_uid != ::geteuid()) {
    throw Status(Reason::Forbidden, fmt::format("{} belongs to user {}, but only user {} may own it", path.string(),
                                                info.st_uid, ::geteuid()));
  }
  const unsigned mode = info.st_mode & 07777;
  if ((mode & 077) != 0) {
    throw Status(Reason::Forbidden, fmt::format("{} has mode {:04o}, but others may not read it: chmod {:04o} it",
                                                path.string(), mode, allowed));
  }
}

void write_all(int descriptor, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::string read_private_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail("open", path);
  require_private(file.get(), path, 0600);
  std::string bytes;
  char chunk[4096];
  while (true) {
    const ssize_t count = ::read(file.get(), chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("read", path);
    if (count == 0) return bytes;
    bytes.append(chunk, static_cast<std::size_t>(count));
  }
}

void write_private_file(const std::filesystem::path& path, std::string_view bytes) {
  const auto temporary = std::filesystem::path(path).concat("." + random_hex(4) + ".tmp");
  try {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) fail("create", temporary);
    write_all(file.get(), bytes, temporary);
    if (::fsync(file.get()) != 0) fail("fsync", temporary);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail("rename", path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const Descriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) fail("fsync", parent);
}

void make_private_folder(const std::filesystem::path& path) {
  std::error_code code;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), code);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) fail("mkdir", path);
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) fail("open", path);
  require_private(folder.get(), path, 0700);
}

}  // namespace berth::base
