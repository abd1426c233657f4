// SPDX-License-Identifier: Apache-2.0
#include "resources/bootstrap.hpp"

#include "base/crypto.hpp"
#include "base/log.hpp"
#include "resources/object/object_key.hpp"
#include "resources/request/requirement.hpp"

namespace berth::resources {
namespace {

constexpr std::string_view kInstanceName = "instance";
constexpr std::string_view kHashKeyName = "hash-key";
constexpr std::string_view kHashKeyContext = "meta/hash-key";

Body namespace_body(std::string_view name) {
  Body body;
  base::make_path(body.value, "metadata")["name"] = name;
  body.value.as_object()["apiVersion"] = "v1";
  body.value.as_object()["kind"] = "Namespace";
  // Only its administrator can write there.
  if (name == "default") base::make_path(body.value, "metadata.labels")["berth.dev/enforce"] = "privileged";
  return body;
}

Task<void> make_namespace(ObjectWriter& writer, const store::Store& store, std::string name) {
  const Kind& kind = schemas::Catalog::instance().by_name("Namespace");
  if (store.get(key_of(kind, "", name))) co_return;
  co_await writer.create(controller_caller("bootstrap"), kind, "", namespace_body(name), {});
  base::log_info("made a namespace", {{"namespace", name}});
}

// The id becomes a label on every container, and is asked for as "label=value" of an engine.
void check_instance(const std::string& instance) {
  try {
    parse_label_selector("berth.dev/instance=" + instance);
  } catch (const base::Status&) {
    throw base::bad_request("the instance id \"" + instance + "\" cannot be a label's value");
  }
}

Task<std::string> instance_id(store::Store& store, std::string wanted) {
  const auto stored = store.get_meta(kInstanceName);
  if (wanted.empty()) wanted = stored ? *stored : base::random_hex(8);
  check_instance(wanted);
  if (stored != wanted) co_await store.put_meta(std::string(kInstanceName), wanted);
  co_return wanted;
}

Task<base::Key32> hash_key(store::Store& store, const store::KeyRing& keys) {
  if (const auto sealed = store.get_meta(kHashKeyName)) {
    co_return base::Key32::from_bytes(keys.open_sealed(*sealed, kHashKeyContext));
  }
  const base::Key32 key = base::Key32::random();
  co_await store.put_meta(std::string(kHashKeyName), keys.seal(key.bytes(), kHashKeyContext));
  co_return key;
}

}  // namespace

Task<InstanceFacts> bootstrap(ObjectWriter& writer, store::Store& store, const store::KeyRing& keys,
                              std::string instance_override) {
  std::string instance = co_await instance_id(store, std::move(instance_override));
  const base::Key32 key = co_await hash_key(store, keys);
  co_await make_namespace(writer, store, "default");
  co_await make_namespace(writer, store, "berth-system");
  co_return InstanceFacts{std::move(instance), key};
}

}  // namespace berth::resources
