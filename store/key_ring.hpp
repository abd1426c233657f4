// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keys outside the database: `<key-dir>` is 0700 and holds `ring.json` (0600) and the CA's key. A copy of the data
// directory alone opens nothing. The ring's first key writes, all keys read; each has an id. Any thread.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/crypto.hpp"
#include "base/private_file.hpp"

namespace berth::store {

class KeyRing {
 public:
  // Reads the ring, or makes one with one key when the directory is absent or empty and `may_create`. Refuses, with
  // a Status Forbidden that names the file, the mode or owner found and the one allowed: a directory or file that
  // others may read, another owner, a damaged file. Never overwrites an existing ring.
  static KeyRing open(const std::filesystem::path& key_dir, bool may_create);

  // "berth:enc:v1:<key id>:<base64 box>". `context` (the storage key and uid) is authenticated with the key id.
  std::string seal(std::string_view plaintext, std::string_view context) const;
  // Throws InternalError naming the key id when no key of the ring opens it; never the plaintext.
  std::string open_sealed(std::string_view sealed, std::string_view context) const;

  // The key that writes.
  std::string primary_id() const;
  // Whether the key that writes has sealed it.
  bool is_current(std::string_view sealed) const;
  // Makes a key, on disk first, that writes from here on; those before it go on reading. Any thread; gives its id.
  std::string rotate() const;
  std::size_t size() const { return keys()->size(); }
  // Takes the keys that do not write out of the ring, on disk first: for when nothing is sealed with them any more. How
  // many there were. Any thread.
  std::size_t drop_older() const;
  // For messages: where an operator looks when a key does not fit.
  const std::filesystem::path& directory() const { return directory_; }

 private:
  struct Entry {
    std::string id;
    base::Key32 key;
  };
  struct Keys;  // shared by copies of the ring, with a lock
  using Entries = std::shared_ptr<const std::vector<Entry>>;
  Entries keys() const;
  void replace(std::vector<Entry> next) const;  // under the lock

  std::filesystem::path directory_;
  std::shared_ptr<Keys> keys_;
};

using base::read_private_file;
using base::write_private_file;

}  // namespace berth::store
