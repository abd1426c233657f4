// SPDX-License-Identifier: Apache-2.0
#pragma once
// A record of the audit journal as the API shows it (AuditRecord), and back: an export is a line of that for each.
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "resources/request/request.hpp"

namespace berth::resources {

// The object. Bytes that are no JSON object, which only tampering makes, are shown as an empty `record`.
Object shown_record(const store::JournalRecord& record);

// Throws BadRequest when the text is no AuditRecord.
store::JournalRecord parse_shown_record(std::string_view text);

// A sequence as a name. 0 for a name that is none.
std::uint64_t parse_sequence(std::string_view name);

}  // namespace berth::resources
