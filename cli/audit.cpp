// SPDX-License-Identifier: Apache-2.0
#include "cli/audit.hpp"

#include <fstream>
#include <iostream>

#include "base/clock.hpp"
#include "base/indented_json.hpp"
#include "base/status.hpp"
#include "cli/child_process.hpp"
#include "cli/duration.hpp"
#include "cli/table_printer.hpp"

namespace berth::cli {
namespace {

constexpr std::string_view kRecords = "/apis/audit.berth.dev/v1/auditrecords";
constexpr std::string_view kVerifications = "/apis/audit.berth.dev/v1/auditverifications";
constexpr std::uint64_t kPage = 500;
// Of one request to verify, below the server's bound on bodies.
constexpr std::size_t kMostLines = 5000;
constexpr std::size_t kMostBytes = 2 * 1024 * 1024;

std::string time_of(const std::string& text) {
  if (base::parse_time(text)) return text;
  try {
    return base::format_micro_time(base::real_clock().now() - parse_timeout(text));
  } catch (const base::Status&) {
    throw base::bad_request("\"" + text + "\" is neither a time such as 2026-01-02T03:04:05Z nor a length such as 90m");
  }
}

// Page after page of a list; `use` takes each answer, and says how many more it wants.
template <class Use>
Task<void> read_pages(Session& session, const std::string& fields, std::string accept, std::uint64_t limit, Use& use) {
  std::string next;
  do {
    const std::string query =
        query_of({{"fieldSelector", fields}, {"limit", std::to_string(std::min(limit, kPage))}, {"continue", next}});
    const Reply reply = co_await session.client.get(std::string(kRecords) + query, accept);
    next = base::string_at(reply.body, "metadata.continue");
    limit = use(reply.body);
  } while (!next.empty() && limit > 0);
}

struct Rows {
  TableOptions options;
  Json columns = base::JsonArray{};
  std::vector<Row> rows;

  // A watch, and later pages, may leave the columns out.
  void add(const Json& table) {
    const Json* given = table.as_object().if_contains("columnDefinitions");
    if (given != nullptr && given->is_array() && !given->get_array().empty()) columns = *given;
    for (Row& row : table_rows(columns, table, options)) rows.push_back(std::move(row));
    options.headers = false;
  }
};

// What a list prints, from its pages.
struct Printer {
  Session& session;
  bool as_json;
  bool newest_first;
  std::uint64_t wanted;  // 0: all
  Rows table{};
  base::JsonArray items{};
  std::uint64_t seen = 0;
  std::string revision{};

  std::uint64_t operator()(const Json& page) {
    if (revision.empty()) revision = base::string_at(page, "metadata.resourceVersion");
    const base::JsonArray& found = page.at(as_json ? "items" : "rows").as_array();
    seen += found.size();
    if (as_json) {
      items.insert(items.end(), found.begin(), found.end());
    } else if (!found.empty()) {
      table.add(page);
      if (!newest_first) print_rows();
    }
    return wanted == 0 ? kPage : wanted - std::min(seen, wanted);
  }
  void print_rows() {
    if (!table.rows.empty()) session.out << lay_out(std::exchange(table.rows, {}));
    session.out.flush();
  }
  void finish() {
    if (as_json) {
      if (newest_first) std::reverse(items.begin(), items.end());
      const Json list{
          {"apiVersion", "v1"}, {"kind", "List"}, {"items", items}, {"metadata", {{"resourceVersion", ""}}}};
      session.out << base::indent_json(base::to_canonical(list), 4);
      return;
    }
    if (seen == 0) session.err << "No records found\n";
    if (newest_first && table.rows.size() > 1) std::reverse(table.rows.begin() + 1, table.rows.end());
    if (seen > 0) print_rows();
  }
};

Task<int> follow(Session& session, const std::string& fields, std::string revision, Printer& printer) {
  const std::string accept = printer.as_json ? "application/json" : std::string(kTableAccept);
  for (;;) {
    const std::string query = query_of({{"watch", "true"}, {"fieldSelector", fields}, {"resourceVersion", revision}});
    WatchStream watch = co_await session.client.watch(std::string(kRecords) + query, accept);
    while (const std::optional<Json> frame = co_await watch.next()) {
      const Json& object = frame->at("object");
      if (const std::string_view seen = base::string_at(object, "metadata.resourceVersion"); !seen.empty()) {
        revision = seen;
      }
      if (base::string_at(*frame, "type") == "BOOKMARK") continue;
      if (printer.as_json) {
        session.out << base::to_canonical(object) << "\n";
        session.out.flush();
      } else {
        printer.table.add(object);
        printer.print_rows();
      }
    }
  }
}

Task<Json> verify(Session& session, const base::JsonArray* lines) {
  Json body{{"apiVersion", "audit.berth.dev/v1"}, {"kind", "AuditVerification"}};
  if (lines != nullptr) body.as_object()["spec"] = base::JsonObject{{"records", *lines}};
  std::string text = base::to_canonical(body);
  Reply reply = co_await session.client.send("POST", std::string(kVerifications), "application/json", std::move(text));
  co_return reply.body.at("status");
}

int tell(Session& session, const Json& status) {
  if (!base::bool_at(status, "valid")) {
    session.err << "error: the audit does not hold at record " << base::int_at(status, "firstBad") << ": "
                << base::string_at(status, "problem") << "\n";
    return 1;
  }
  session.out << "the audit holds: " << base::int_at(status, "records") << " records from "
              << base::int_at(status, "first") << " on";
  if (status.as_object().contains("checkpoint")) {
    session.out << ", newest checkpoint at " << base::int_at(status, "checkpoint");
  }
  if (const std::int64_t missing = base::int_at(status, "missing"); missing > 0) {
    session.out << "; " << missing << " records between them are not in the file";
  }
  session.out << "\n";
  return 0;
}

// The lines go in parts, each beginning with the last line of the one before: so their order is seen across parts.
Task<int> verify_lines(Session& session, std::istream& file) {
  Json whole = base::JsonObject{{"valid", true}, {"records", 0}, {"first", 0}, {"missing", 0}};
  base::JsonArray lines;
  std::size_t bytes = 0;
  std::int64_t overlap = 0;
  std::string line;
  for (bool more = true; more;) {
    more = static_cast<bool>(std::getline(file, line));
    if (more && line.empty()) continue;
    const bool full = lines.size() >= kMostLines || bytes + line.size() > kMostBytes;
    if ((full || !more) && static_cast<std::int64_t>(lines.size()) > overlap) {
      const Json part = co_await verify(session, &lines);
      if (!base::bool_at(part, "valid")) co_return tell(session, part);
      base::JsonObject& sum = whole.as_object();
      if (overlap == 0) sum["first"] = base::int_at(part, "first");
      sum["records"] = base::int_at(whole, "records") + base::int_at(part, "records") - overlap;
      sum["missing"] = base::int_at(whole, "missing") + base::int_at(part, "missing");
      Json last = lines.back();
      lines.clear();
      lines.push_back(std::move(last));
      bytes = lines.back().as_string().size();
      overlap = 1;
    }
    if (!more) break;
    bytes += line.size();
    lines.emplace_back(line);
  }
  if (lines.empty()) throw base::bad_request("there is no record in the file");
  co_return tell(session, whole);
}

}  // namespace

std::string audit_selector(const AuditOptions& options) {
  std::string selector;
  const auto add = [&selector](std::string_view field, const std::string& value) {
    if (value.empty()) return;
    if (!selector.empty()) selector += ',';
    selector.append(field).append("=");
    for (const char c : value) {
      if (c == '\\' || c == ',' || c == '=') selector += '\\';
      selector += c;
    }
  };
  add("namespace", options.ns);
  add("actor", options.actor);
  add("verb", options.verb);
  add("resource", options.resource);
  add("name", options.name);
  add("decision", options.decision);
  add("kind", options.kind);
  if (!options.since.empty()) add("since", time_of(options.since));
  if (!options.until.empty()) add("until", time_of(options.until));
  return selector;
}

Task<int> run_audit_list(Session& session, AuditOptions options) {
  const std::string fields = audit_selector(options);
  const bool newest_first = options.tail > 0;
  const std::string ordered = newest_first ? (fields.empty() ? "" : fields + ",") + "order=newest" : fields;
  Printer printer{session, options.output == "json", newest_first, options.tail};
  printer.table.options.wide = options.output == "wide";
  const std::string accept = printer.as_json ? "application/json" : std::string(kTableAccept);
  co_await read_pages(session, ordered, accept, options.tail == 0 ? kPage : options.tail, printer);
  printer.finish();
  if (!options.watch) co_return 0;
  co_return co_await follow(session, fields, printer.revision, printer);
}

Task<int> run_audit_export(Session& session, AuditOptions options) {
  const auto write = [&session](const Json& page) {
    for (const Json& item : page.at("items").as_array()) session.out << base::to_canonical(item) << "\n";
    return kPage;
  };
  co_await read_pages(session, audit_selector(options), "application/json", kPage, write);
  session.out.flush();
  co_return session.out.good() ? 0 : 1;
}

Task<int> run_audit_verify(Session& session, std::string file) {
  if (file.empty()) {
    const Json status = co_await verify(session, nullptr);
    co_return tell(session, status);
  }
  if (file == "-") co_return co_await verify_lines(session, std::cin);
  std::ifstream input(file, std::ios::binary);
  if (!input) throw base::bad_request("cannot read " + file);
  co_return co_await verify_lines(session, input);
}

int verify_audit_offline(const std::filesystem::path& data_dir, const std::filesystem::path& key_dir) {
  // The berthd of the same installation, when there is one.
  std::error_code ignored;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const auto beside = own.parent_path() / "berthd";
  std::vector<std::string> words{std::filesystem::exists(beside, ignored) ? beside.string() : "berthd",
                                 "--verify-audit", "--data-dir", data_dir.string()};
  if (!key_dir.empty()) words.insert(words.end(), {"--key-dir", key_dir.string()});
  return run_program(words);
}

}  // namespace berth::cli
