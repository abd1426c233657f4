// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an OpenAPI v3 document says of a kind, as `kubectl explain` lays it out.
#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/discovery.hpp"

namespace berth::cli {

enum class Fields { Direct, Recursive };

// `path` leads to one field of the kind; empty for the kind itself. Throws BadRequest naming the field that is not
// there.
std::string explain_schema(const base::Json& document, const Resource& resource, const std::vector<std::string>& path,
                           Fields fields);

// Lines of at most `width` characters, each after `indent` spaces and with its end; own line ends are kept.
std::string wrap_text(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace berth::cli
