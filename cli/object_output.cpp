// SPDX-License-Identifier: Apache-2.0
#include "cli/object_output.hpp"

#include <ostream>

#include "base/indented_json.hpp"
#include "base/yaml.hpp"

namespace berth::cli {

void print_value(std::ostream& out, const Json& value, std::string_view output) {
  out << (output == "yaml" ? base::to_yaml(value) : base::indent_json(base::to_canonical(value), 4));
}

Json without_managed_fields(Json object) {
  if (Json* metadata = base::find_path(object, "metadata"); metadata != nullptr && metadata->is_object()) {
    metadata->get_object().stable_erase("managedFields");  // the others keep their order
  }
  return object;
}

void print_result(Session& session, const Address& address, const Json& object, std::string_view word,
                  const ResultOptions& options) {
  if (options.output == "name") {
    session.out << address.label() << "\n";
  } else if (options.output == "yaml" || options.output == "json") {
    print_value(session.out, without_managed_fields(object), options.output);
    if (options.output == "yaml") session.out << "---\n";
  } else {
    session.out << address.label() << " " << word << (options.dry() ? " (server dry run)" : "") << "\n";
  }
  session.out.flush();
}

}  // namespace berth::cli
