// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <ostream>

#include "base/clock.hpp"
#include "base/status.hpp"
#include "cli/commands.hpp"
#include "cli/printable.hpp"
#include "cli/table_printer.hpp"

namespace berth::cli {
namespace {

constexpr std::size_t kValueColumn = 14;

std::string word_of(std::string_view word) {
  constexpr std::array<std::string_view, 5> kAcronyms{"API", "URL", "UID", "OSB", "GUID"};
  std::string upper(word);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (std::ranges::find(kAcronyms, upper) != kAcronyms.end()) return upper;
  return upper.substr(0, 1) + std::string(word.substr(1));
}

// "lastTransitionTime" as kubectl's generic describer shows it: "Last Transition Time"; "uid" is "UID".
std::string title(std::string_view key) {
  std::string text;
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= key.size(); ++i) {
    const bool ends = i == key.size() || (std::isupper(static_cast<unsigned char>(key[i])) != 0 &&
                                          std::islower(static_cast<unsigned char>(key[i - 1])) != 0);
    if (!ends) continue;
    text += (text.empty() ? "" : " ") + word_of(key.substr(begin, i - begin));
    begin = i;
  }
  return text;
}

std::string scalar_text(const Json& value) {
  if (value.is_null()) return "<none>";
  return value.is_string() ? printable(value.get_string()) : base::to_canonical(value);
}

bool is_plain(const Json& value) { return !value.is_object() && !value.is_array(); }

void write_value(std::ostream& out, const Json& value, std::size_t indent);

void write_field(std::ostream& out, std::string_view name, const Json& value, std::size_t indent) {
  const std::string head = std::string(indent, ' ') + std::string(name) + ":";
  if (is_plain(value)) {
    const std::size_t gap = head.size() < kValueColumn + indent ? kValueColumn + indent - head.size() : 2;
    out << head << std::string(gap, ' ') << scalar_text(value) << "\n";
    return;
  }
  out << head << "\n";
  write_value(out, value, indent + 2);
}

void write_value(std::ostream& out, const Json& value, std::size_t indent) {
  if (value.is_object()) {
    for (const auto& [key, inner] : value.get_object()) write_field(out, title(key), inner, indent);
  } else if (value.is_array()) {
    for (const Json& item : value.get_array()) write_value(out, item, indent);
  } else {
    out << std::string(indent, ' ') << scalar_text(value) << "\n";
  }
}

// Labels and annotations keep their keys; the first beside the name, the others below it.
void write_map(std::ostream& out, const std::string& name, const Json* map) {
  std::string head = name + ":";
  head.append(head.size() < kValueColumn ? kValueColumn - head.size() : 1, ' ');
  bool any = false;
  if (map != nullptr && map->is_object()) {
    for (const auto& [key, value] : map->get_object()) {
      if (key == "kubectl.kubernetes.io/last-applied-configuration") continue;
      out << (any ? std::string(kValueColumn, ' ') : head) << std::string_view(key) << "=" << scalar_text(value)
          << "\n";
      any = true;
    }
  }
  if (!any) out << head << "<none>\n";
}

void write_object(std::ostream& out, const Json& object) {
  write_field(out, "Name", object.at("metadata").at("name"), 0);
  if (const Json* ns = base::find_path(object, "metadata.namespace")) write_field(out, "Namespace", *ns, 0);
  write_map(out, "Labels", base::find_path(object, "metadata.labels"));
  write_map(out, "Annotations", base::find_path(object, "metadata.annotations"));
  write_field(out, "API Version", object.at("apiVersion"), 0);
  write_field(out, "Kind", object.at("kind"), 0);
  base::JsonObject metadata;
  for (const auto& [key, value] : object.at("metadata").get_object()) {
    if (key != "name" && key != "namespace" && key != "labels" && key != "annotations" && key != "managedFields") {
      metadata[key] = value;
    }
  }
  write_field(out, "Metadata", metadata, 0);
  for (const auto& [key, value] : object.get_object()) {
    if (key == "apiVersion" || key == "kind" || key == "metadata") continue;
    // A Secret's values are for who asks for them by name: `berth get secret NAME -o yaml`.
    if (base::string_at(object, "kind") == "Secret" && key == "data" && value.is_object()) {
      out << "Data:\n";
      for (const auto& [name, data] : value.get_object()) {
        out << "  " << std::string_view(name) << ":  " << scalar_text(data).size() * 3 / 4 << " bytes\n";
      }
      continue;
    }
    write_field(out, title(key), value, 0);
  }
}

std::string age_of(const Json& event) {
  std::string_view stamp = base::string_at(event, "lastTimestamp");
  if (stamp.empty()) stamp = base::string_at(event, "metadata.creationTimestamp");
  const auto time = base::parse_time(stamp);
  if (!time) return "<unknown>";
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(base::real_clock().now() - *time);
  const std::int64_t count = base::int_at(event, "count", 1);
  return base::format_age(age) + (count > 1 ? " (x" + std::to_string(count) + ")" : "");
}

Task<void> write_events(Session& session, const Json& object) {
  const std::string uid(base::string_at(object, "metadata.uid"));
  const std::string ns(base::string_at(object, "metadata.namespace"));
  const Resource& events = session.discovery.find_kind("v1", "Event");
  const Reply list = co_await session.client.get(events.path(ns.empty() ? "default" : ns));
  std::vector<Json> ours;
  for (const Json& event : list.body.at("items").get_array()) {
    if (base::string_at(event, "involvedObject.uid") == uid) ours.push_back(event);
  }
  if (ours.empty()) {
    session.out << "Events:       <none>\n";
    co_return;
  }
  std::sort(ours.begin(), ours.end(), [](const Json& a, const Json& b) {
    const auto order = [](const Json& event) {
      return std::pair(base::string_at(event, "lastTimestamp"), base::string_at(event, "metadata.resourceVersion"));
    };
    return order(a) < order(b);
  });
  std::vector<Row> rows{{"  Type", "Reason", "Age", "From", "Message"},
                        {"  ----", "------", "----", "----", "-------"}};
  for (const Json& event : ours) {
    rows.push_back({"  " + std::string(base::string_at(event, "type")), std::string(base::string_at(event, "reason")),
                    age_of(event), std::string(base::string_at(event, "source.component")),
                    std::string(base::string_at(event, "message"))});
  }
  session.out << "Events:\n" << lay_out(rows);
}

}  // namespace

Task<int> run_describe(Session& session, DescribeOptions options) {
  const std::vector<Target> targets = read_targets(session.discovery, options.words);
  std::vector<Address> addresses =
      co_await find_addresses(session, targets, true, options.all_namespaces, options.labels);
  if (addresses.empty()) session.err << "No resources found in " << session.ns << " namespace.\n";
  bool first = true;
  for (const Address& address : addresses) {
    const Reply reply = co_await session.client.get(address.path());
    if (!first) session.out << "\n\n";
    first = false;
    write_object(session.out, reply.body);
    co_await write_events(session, reply.body);
  }
  co_return 0;
}

}  // namespace berth::cli
