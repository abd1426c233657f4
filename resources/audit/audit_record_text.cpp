// SPDX-License-Identifier: Apache-2.0
#include "resources/audit/audit_record_text.hpp"

#include <charconv>
#include <optional>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/hex_digit.hpp"
#include "base/status.hpp"

namespace berth::resources {
namespace {

constexpr std::string_view kAfter = "revisionAfter";
constexpr std::size_t kMacBytes = 32;

// What was sealed: one canonical text, but for revisionAfter, whose gap the store fills and which comes first.
std::string stored_text(Json record) {
  const Json* after = base::find_path(record, kAfter);
  if (after == nullptr || !after->is_string()) return base::to_canonical(record);
  std::string text = "{\"revisionAfter\":" + base::to_canonical(*after) + ",";
  record.as_object().erase(kAfter);
  return text.append(base::to_canonical(record), 1);
}

std::optional<Json> parsed_record(std::string_view bytes) {
  try {
    Json record = base::parse_json(bytes);
    if (record.is_object()) return record;
  } catch (const base::Status&) {
    return std::nullopt;
  }
  return std::nullopt;
}

std::string created_at(const Json& record) {
  const auto time = base::parse_time(base::string_at(record, "time"));
  return base::format_time(time.value_or(base::WallTime{}));
}

std::string mac_at(const Json& object, std::string_view member) {
  const std::string_view text = base::string_at(object, member);
  std::string bytes;
  if (text.size() == 2 * kMacBytes) {
    for (std::size_t i = 0; i < text.size(); i += 2) {
      const int high = base::hex_value(text[i]);
      const int low = base::hex_value(text[i + 1]);
      if (high >= 0 && low >= 0) bytes.push_back(static_cast<char>(high * 16 + low));
    }
  }
  if (bytes.size() == kMacBytes) return bytes;
  throw base::bad_request(std::string(member) + ": \"" + std::string(text.substr(0, 2 * kMacBytes)) +
                          "\" is no mac, which is 64 hexadecimal digits");
}

}  // namespace

Object shown_record(const store::JournalRecord& record) {
  const std::string name = std::to_string(record.sequence);
  const auto parsed = parsed_record(record.bytes);
  std::string text = R"({"apiVersion":"audit.berth.dev/v1","kind":"AuditRecord","mac":")";
  text.append(base::to_hex(record.mac)).append(R"(","metadata":{"creationTimestamp":")");
  text.append(created_at(parsed ? *parsed : Json(base::JsonObject()))).append(R"(","name":")").append(name);
  text.append(R"(","resourceVersion":")").append(name).append(R"("},"previousMac":")");
  text.append(base::to_hex(record.previous)).append(R"(","record":)");
  text.append(parsed ? record.bytes : "{}").append(R"(,"revision":")").append(std::to_string(record.revision));
  text.append(R"(","sequence":)").append(name).append("}");
  return {std::make_shared<const std::string>(std::move(text)), record.sequence};
}

store::JournalRecord parse_shown_record(std::string_view text) {
  const Json object = base::parse_json(text);
  const Json* record = base::find_path(object, "record");
  if (base::string_at(object, "kind") != "AuditRecord" || record == nullptr || !record->is_object()) {
    throw base::bad_request("this is no AuditRecord with its record");
  }
  store::JournalRecord read;
  const std::int64_t sequence = base::int_at(object, "sequence");
  if (sequence <= 0) throw base::bad_request("sequence: must be a number from 1 on");
  read.sequence = static_cast<std::uint64_t>(sequence);
  const std::string_view revision = base::string_at(object, "revision");
  const auto parsed = std::from_chars(revision.data(), revision.data() + revision.size(), read.revision);
  if (parsed.ec != std::errc() || parsed.ptr != revision.data() + revision.size()) {
    throw base::bad_request("revision: \"" + std::string(revision.substr(0, 32)) + "\" is no revision");
  }
  read.mac = mac_at(object, "mac");
  read.previous = mac_at(object, "previousMac");
  read.bytes = stored_text(*record);
  return read;
}

std::uint64_t parse_sequence(std::string_view name) {
  std::uint64_t sequence = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), sequence);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size();
  return whole && std::to_string(sequence) == name ? sequence : 0;
}

}  // namespace berth::resources
