// SPDX-License-Identifier: Apache-2.0
#include "api/authn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/crypto.hpp"
#include "base/log.hpp"
#include "base/status.hpp"
#include "resources/account_tokens.hpp"

namespace berth::api {
namespace {

// One record of a CSV file (RFC 4180), with the line it began on.
struct CsvRecord {
  std::size_t line = 1;
  std::vector<std::string> fields;
};

class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {}

  std::optional<CsvRecord> next() {
    while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) skip_line_end();
    if (at_ == text_.size()) return std::nullopt;
    CsvRecord record{line_, {}};
    do {
      record.fields.push_back(read_field());
    } while (take(','));
    if (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') fail("text follows a closing quote");
    return record;
  }

 private:
  [[noreturn]] void fail(std::string_view why) const {
    throw base::bad_request(fmt::format("token file, line {}: {}", line_, why));
  }

  void skip_line_end() {
    if (text_[at_++] == '\n') ++line_;
  }

  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string read_field() {
    if (take('"')) return read_quoted();
    const auto end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    std::string field(text_.substr(at_, end - at_));
    at_ = end;
    return field;
  }

  std::string read_quoted() {
    std::string field;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"' && !take('"')) return field;
      if (c == '\n') ++line_;
      field += c;
    }
    fail("a quote is not closed");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

std::vector<std::string> split_groups(std::string_view text) {
  std::vector<std::string> groups;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (const auto group = text.substr(0, comma); !group.empty()) groups.emplace_back(group);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return groups;
}

// The token of "Bearer <token>", "" for anything else.
std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return {};
  const bool bearer = std::ranges::equal(authorization.substr(0, kScheme.size()), kScheme,
                                         [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
  if (!bearer) return {};
  authorization.remove_prefix(kScheme.size());
  const auto first = authorization.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view() : authorization.substr(first);
}

resources::Caller with_authenticated(resources::Caller caller) {
  if (!caller.in_group("system:authenticated")) caller.groups.emplace_back("system:authenticated");
  return caller;
}

}  // namespace

TokenTable TokenTable::parse(std::string_view csv) {
  TokenTable table;
  CsvReader reader(csv);
  while (auto record = reader.next()) {
    const auto& fields = record->fields;
    if (fields.size() < 3 || fields[0].empty() || fields[1].empty()) {
      throw base::bad_request(
          fmt::format("token file, line {}: expected token,user,uid and optionally \"group1,group2\"", record->line));
    }
    resources::Caller caller;
    caller.user = fields[1];
    caller.auth_method = "token";
    caller.uid = fields[2];
    if (fields.size() > 3) caller.groups = split_groups(fields[3]);
    table.rows_.push_back({base::sha256(fields[0]), with_authenticated(std::move(caller))});
  }
  return table;
}

TokenTable TokenTable::read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw base::Status(base::Reason::NotFound, "token file " + path.string() + " cannot be read");
  const auto mode = std::filesystem::status(path).permissions();
  if ((mode & (std::filesystem::perms::group_all | std::filesystem::perms::others_all)) !=
      std::filesystem::perms::none) {
    base::log_warning("the token file may be read by others than its owner", {{"path", path.string()}});
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return parse(text);
}

const resources::Caller* TokenTable::find(std::string_view token) const {
  const std::string hash = base::sha256(token);
  const resources::Caller* found = nullptr;
  for (const Row& row : rows_) {
    if (base::equal_constant_time(row.token_hash, hash)) found = &row.caller;
  }
  return found;
}

resources::Caller authenticate(const std::optional<base::PeerCertificate>& certificate, std::string_view authorization,
                               TokenSources tokens) {
  if (certificate && !certificate->common_name.empty()) {
    resources::Caller caller;
    caller.user = certificate->common_name;
    caller.groups.reserve(certificate->organizations.size() + 1);
    caller.groups = certificate->organizations;
    caller.auth_method = "certificate";
    return with_authenticated(std::move(caller));
  }
  const std::string_view token = bearer_token(authorization);
  if (token.empty()) throw base::Status(base::Reason::Unauthorized, "Unauthorized");
  if (const resources::Caller* caller = tokens.file.find(token)) return *caller;
  if (tokens.accounts != nullptr) {
    if (auto caller = tokens.accounts->authenticate(token)) return *std::move(caller);
  }
  throw base::Status(base::Reason::Unauthorized, "Unauthorized");
}

}  // namespace berth::api
