// SPDX-License-Identifier: Apache-2.0
#include "store/key_ring.hpp"

#include <algorithm>
#include <mutex>

#include "base/json.hpp"
#include "base/status.hpp"

namespace berth::store {
namespace {

constexpr std::string_view kPrefix = "berth:enc:v1:";

base::Status refuse(const std::filesystem::path& path, const std::string& why) {
  return {base::Reason::Forbidden, path.string() + ": " + why};
}

// The key id is authenticated with the place, so that a box cannot be relabelled.
std::string bound_context(std::string_view key_id, std::string_view context) {
  std::string bound(key_id);
  bound.push_back('\0');
  return bound.append(context);
}

void require_no_leftovers(const std::filesystem::path& key_dir) {
  if (std::filesystem::is_empty(key_dir)) return;
  throw refuse(key_dir / "ring.json", "is missing, but " + key_dir.string() +
                                          " is not empty; put the ring back, or empty the directory to start anew");
}

base::JsonObject entry_json(const std::string& id, const base::Key32& key) {
  return {{"id", id}, {"key", base::to_base64(key.bytes())}};
}

std::string ring_text(base::JsonArray keys) {
  base::JsonObject ring;
  ring["keys"] = std::move(keys);
  return base::to_canonical(ring) + "\n";
}

std::string fresh_id() { return "k-" + base::random_hex(4); }

}  // namespace

struct KeyRing::Keys {
  std::mutex lock;
  Entries entries;
};

KeyRing KeyRing::open(const std::filesystem::path& key_dir, bool may_create) {
  const auto file = key_dir / "ring.json";
  if (!std::filesystem::exists(file)) {
    if (!may_create) {
      throw base::Status(base::Reason::NotFound, file.string() + " is missing; the data was sealed with its keys");
    }
    base::make_private_folder(key_dir);
    require_no_leftovers(key_dir);
    base::write_private_file(file, ring_text({entry_json(fresh_id(), base::Key32::random())}));
  }
  base::make_private_folder(key_dir);  // it stands: this checks its mode and owner

  KeyRing ring;
  ring.directory_ = key_dir;
  std::vector<Entry> entries;
  try {
    const base::Json json = base::parse_json(base::read_private_file(file));
    for (const base::Json& entry : json.at("keys").as_array()) {
      const std::string id(base::string_at(entry, "id"));
      if (id.empty() || id.find(':') != std::string::npos) throw base::bad_request("a key has no proper id");
      entries.push_back({id, base::Key32::from_bytes(base::from_base64(base::string_at(entry, "key")))});
    }
  } catch (const base::Status& status) {
    if (status.reason() == base::Reason::Forbidden) throw;
    throw refuse(file, "is damaged: " + status.message());
  } catch (const std::exception&) {
    throw refuse(file, "is damaged: want {\"keys\": [{\"id\": ..., \"key\": ...}]}");
  }
  if (entries.empty()) throw refuse(file, "is damaged: it holds no key");
  ring.keys_ = std::make_shared<Keys>();
  ring.keys_->entries = std::make_shared<const std::vector<Entry>>(std::move(entries));
  return ring;
}

KeyRing::Entries KeyRing::keys() const {
  const std::scoped_lock held(keys_->lock);
  return keys_->entries;
}

std::string KeyRing::primary_id() const { return keys()->front().id; }

bool KeyRing::is_current(std::string_view sealed) const {
  return sealed.starts_with(std::string(kPrefix).append(primary_id()).append(":"));
}

void KeyRing::replace(std::vector<Entry> next) const {
  base::JsonArray stored;
  for (const Entry& each : next) stored.push_back(entry_json(each.id, each.key));
  base::write_private_file(directory_ / "ring.json", ring_text(std::move(stored)));
  keys_->entries = std::make_shared<const std::vector<Entry>>(std::move(next));
}

std::string KeyRing::rotate() const {
  const std::scoped_lock held(keys_->lock);
  std::vector<Entry> next{{fresh_id(), base::Key32::random()}};
  std::string id = next.front().id;
  next.insert(next.end(), keys_->entries->begin(), keys_->entries->end());
  replace(std::move(next));
  return id;
}

std::size_t KeyRing::drop_older() const {
  const std::scoped_lock held(keys_->lock);
  const std::size_t older = keys_->entries->size() - 1;
  if (older > 0) replace({keys_->entries->front()});
  return older;
}

std::string KeyRing::seal(std::string_view plaintext, std::string_view context) const {
  const Entries held = keys();
  const Entry& first = held->front();
  std::string sealed(kPrefix);
  sealed.append(first.id).push_back(':');
  return sealed.append(base::to_base64(base::seal(first.key, plaintext, bound_context(first.id, context))));
}

std::string KeyRing::open_sealed(std::string_view sealed, std::string_view context) const {
  if (!sealed.starts_with(kPrefix)) throw base::internal_error("sealed value: not in the form berth:enc:v1");
  const std::string_view rest = sealed.substr(kPrefix.size());
  const std::string id(rest.substr(0, rest.find(':')));
  const Entries held = keys();
  const auto entry = std::ranges::find(*held, id, &Entry::id);
  if (entry == held->end()) {
    throw base::internal_error("sealed value: key " + id + " is not in the ring of " + directory_.string());
  }
  try {
    return base::open(entry->key, base::from_base64(rest.substr(std::min(id.size() + 1, rest.size()))),
                      bound_context(id, context));
  } catch (const base::Status&) {
    throw base::internal_error("sealed value: key " + id + " of " + directory_.string() + " does not open it");
  }
}

}  // namespace berth::store
