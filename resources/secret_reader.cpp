// SPDX-License-Identifier: Apache-2.0
#include "resources/secret_reader.hpp"

#include "base/crypto.hpp"

namespace berth::resources {
namespace {

Json open_secret_object(const ObjectReader& reader, std::string_view ns, std::string_view name) {
  return reader.get(schemas::Catalog::instance().by_name("Secret"), ns, name).parse();
}

const base::JsonObject* data_of(const Json& secret) {
  const Json* data = base::find_path(secret, "data");
  return data == nullptr ? nullptr : data->if_object();
}

}  // namespace

SecretValue read_secret(const ObjectReader& reader, std::string_view ns, std::string_view name, std::string_view key) {
  const Json secret = open_secret_object(reader, ns, name);
  const base::JsonObject* data = data_of(secret);
  const Json* value = data == nullptr ? nullptr : data->if_contains(key);
  if (value != nullptr) return SecretValue(base::from_base64(value->as_string()));
  base::Details details;
  details.name = name;
  details.kind = "secrets";
  throw base::Status(base::Reason::NotFound,
                     "secrets \"" + std::string(name) + "\" has no key \"" + std::string(key) + "\"",
                     std::move(details));
}

std::vector<std::pair<std::string, SecretValue>> read_whole_secret(const ObjectReader& reader, std::string_view ns,
                                                                   std::string_view name) {
  std::vector<std::pair<std::string, SecretValue>> values;
  const Json secret = open_secret_object(reader, ns, name);
  // The bytes are canonical, so the keys come sorted.
  if (const base::JsonObject* data = data_of(secret)) {
    for (const auto& entry : *data) {
      values.emplace_back(entry.key(), SecretValue(base::from_base64(entry.value().as_string())));
    }
  }
  return values;
}

}  // namespace berth::resources
