// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "base/status.hpp"
#include "cli/commands.hpp"
#include "cli/object_output.hpp"
#include "cli/table_printer.hpp"

namespace berth::cli {
namespace {

std::string scope_of(const Session& session, const GetOptions& options) {
  return options.all_namespaces ? "" : session.ns;
}

std::string list_query(const GetOptions& options, const std::string& name, const char* watch, std::string revision) {
  std::string fields = options.fields;
  if (!name.empty()) fields = "metadata.name=" + name + (fields.empty() ? "" : "," + fields);
  return query_of(
      {{"watch", watch}, {"labelSelector", options.labels}, {"fieldSelector", fields}, {"resourceVersion", revision}});
}

// One object or one list, in the form that `accept` asks for.
Task<Json> fetch(Session& session, const GetOptions& options, const Target& target, std::string accept) {
  const std::string ns = scope_of(session, options);
  const std::string path = target.name.empty() ? target.resource->path(ns) + list_query(options, "", "", "")
                                               : target.resource->path(session.ns, target.name);
  Reply reply = co_await session.client.get(path, std::move(accept));
  print_warnings(session, reply);
  co_return std::move(reply.body);
}

Json shown(const Json& object, const GetOptions& options) {
  return options.managed_fields ? object : without_managed_fields(object);
}

void append_items(const Json& answer, const GetOptions& options, base::JsonArray& all) {
  const Json* items = base::find_path(answer, "items");
  if (items == nullptr || !items->is_array()) {
    all.push_back(shown(answer, options));
    return;
  }
  for (const Json& item : items->get_array()) all.push_back(shown(item, options));
}

Task<int> print_objects(Session& session, const GetOptions& options, const std::vector<Target>& targets) {
  base::JsonArray all;
  int code = 0;
  for (const Target& target : targets) {
    try {
      const Json answer = co_await fetch(session, options, target, "application/json");
      append_items(answer, options, all);
    } catch (const base::Status& status) {
      if (options.ignore_not_found && status.reason() == base::Reason::NotFound) continue;
      session.err << error_line(status) << "\n";
      code = 1;
    }
  }
  if (options.output == "name") {
    for (const Json& item : all) {
      const Resource& resource =
          session.discovery.find_kind(base::string_at(item, "apiVersion"), base::string_at(item, "kind"));
      session.out << resource.label() << "/" << base::string_at(item, "metadata.name") << "\n";
    }
    co_return code;
  }
  if (all.empty() && (code != 0 || options.ignore_not_found)) co_return code;
  const bool single = targets.size() == 1 && !targets.front().name.empty();
  const Json value =
      single ? all.front()
             : Json{{"apiVersion", "v1"}, {"kind", "List"}, {"items", all}, {"metadata", {{"resourceVersion", ""}}}};
  print_value(session.out, value, options.output);
  co_return code;
}

// The type of each target once, with its targets in order.
std::vector<std::vector<Target>> by_type(const std::vector<Target>& targets) {
  std::vector<std::vector<Target>> groups;
  for (const Target& target : targets) {
    if (groups.empty() || groups.back().front().resource != target.resource) groups.emplace_back();
    groups.back().push_back(target);
  }
  return groups;
}

Task<int> print_tables(Session& session, const GetOptions& options, const std::vector<Target>& targets) {
  const auto groups = by_type(targets);
  int code = 0;
  bool first = true;
  for (const auto& group : groups) {
    const Resource& resource = *group.front().resource;
    TableOptions table{.wide = options.output == "wide",
                       .with_namespace = options.all_namespaces && resource.namespaced,
                       .headers = !options.no_headers,
                       .name_prefix = groups.size() > 1 ? resource.label() + "/" : ""};
    std::vector<Row> rows;
    for (const Target& target : group) {
      try {
        const Json answer = co_await fetch(session, options, target, std::string(kTableAccept));
        for (Row& row : table_rows(answer.at("columnDefinitions"), answer, table)) rows.push_back(std::move(row));
        table.headers = false;
      } catch (const base::Status& status) {
        if (options.ignore_not_found && status.reason() == base::Reason::NotFound) continue;
        session.err << error_line(status) << "\n";
        code = 1;
      }
    }
    const std::size_t header = options.no_headers ? 0 : 1;
    if (rows.size() <= header) {
      if (code == 0 && groups.size() == 1 && !options.ignore_not_found) {
        session.err << (resource.namespaced && !options.all_namespaces
                            ? "No resources found in " + session.ns + " namespace.\n"
                            : std::string("No resources found\n"));
      }
      continue;
    }
    if (!first) session.out << "\n";
    first = false;
    session.out << lay_out(rows);
  }
  co_return code;
}

void print_frame(Session& session, const GetOptions& options, const Resource& resource, const Json& frame,
                 Json& columns, bool& headers) {
  const Json& object = frame.at("object");
  if (options.output == "name") {
    session.out << resource.label() << "/" << base::string_at(object, "metadata.name") << "\n";
  } else if (options.output == "yaml") {
    session.out << "---\n";
    print_value(session.out, shown(object, options), options.output);
  } else if (options.output == "json") {
    print_value(session.out, shown(object, options), options.output);
  } else {
    if (const Json* definitions = object.as_object().if_contains("columnDefinitions");
        definitions != nullptr && definitions->is_array() && !definitions->get_array().empty()) {
      columns = *definitions;
    }
    const TableOptions table{.wide = options.output == "wide",
                             .with_namespace = options.all_namespaces && resource.namespaced,
                             .headers = headers};
    session.out << lay_out(table_rows(columns, object, table));
    headers = false;
  }
  session.out.flush();
}

// Shows what is there, then each change, until interrupted. A watch that ends is opened again where it ended.
Task<int> watch_target(Session& session, const GetOptions& options, const Target& target) {
  const bool tabular = options.output.empty() || options.output == "wide";
  const std::string accept = tabular ? std::string(kTableAccept) : "application/json";
  const std::string path = target.resource->path(target.name.empty() ? scope_of(session, options) : session.ns);
  std::string revision;
  Json columns = base::JsonArray{};
  bool headers = !options.no_headers;
  for (;;) {
    WatchStream watch =
        co_await session.client.watch(path + list_query(options, target.name, "true", revision), accept);
    for (;;) {
      std::optional<Json> frame;
      try {
        frame = co_await watch.next();
      } catch (const base::Status& status) {
        if (status.reason() != base::Reason::Expired) throw;
        revision.clear();
      }
      if (!frame) break;
      const Json& object = frame->at("object");
      const std::string_view seen = base::string_at(object, "metadata.resourceVersion");
      if (!seen.empty()) revision = seen;
      if (base::string_at(*frame, "type") != "BOOKMARK") {
        print_frame(session, options, *target.resource, *frame, columns, headers);
      }
    }
  }
}

}  // namespace

Task<int> run_get(Session& session, GetOptions options) {
  static constexpr std::string_view kOutputs[] = {"", "wide", "yaml", "json", "name"};
  if (std::find(std::begin(kOutputs), std::end(kOutputs), options.output) == std::end(kOutputs)) {
    throw base::bad_request("unable to match a printer suitable for the output format \"" + options.output +
                            "\", allowed formats are: json,name,wide,yaml");
  }
  const std::vector<Target> targets = read_targets(session.discovery, options.words);
  if (options.watch) {
    if (targets.size() != 1) throw base::bad_request("you may only watch one type, or one object");
    co_return co_await watch_target(session, options, targets.front());
  }
  if (options.output.empty() || options.output == "wide") co_return co_await print_tables(session, options, targets);
  co_return co_await print_objects(session, options, targets);
}

}  // namespace berth::cli
