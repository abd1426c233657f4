// SPDX-License-Identifier: Apache-2.0
#pragma once
// Files that only their owner may read: keys and credentials.
#include <filesystem>
#include <string>
#include <string_view>

namespace berth::base {

// Throws NotFound when absent, Forbidden with the mode or the owner found when others may read it.
std::string read_private_file(const std::filesystem::path& path);

// Writes atomically (temporary file, fsync, rename, fsync of the folder) with mode 0600. Throws ServiceUnavailable
// with the operating system's words.
void write_private_file(const std::filesystem::path& path, std::string_view bytes);

// Makes a folder with mode 0700 where there is none; throws Forbidden when others may read the one that stands.
void make_private_folder(const std::filesystem::path& path);

}  // namespace berth::base
