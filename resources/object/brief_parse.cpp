// SPDX-License-Identifier: Apache-2.0
#include "resources/object/brief_parse.hpp"

#include <utility>

namespace berth::resources {

base::Json parse_briefly(std::string_view bytes) {
  auto memory = boost::json::make_shared_resource<boost::json::monotonic_resource>(4 * bytes.size());
  return std::move(base::parse_json_reporting(bytes, {}, std::move(memory)).value);
}

}  // namespace berth::resources
