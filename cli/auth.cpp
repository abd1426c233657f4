// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <ostream>

#include "base/status.hpp"
#include "cli/object_output.hpp"
#include "cli/rule_rows.hpp"
#include "cli/server_queries.hpp"

namespace berth::cli {
namespace {

constexpr std::array<std::string_view, 18> kVerbs{
    "get",  "list",        "watch", "create",  "update", "patch",    "delete", "deletecollection", "use",
    "bind", "impersonate", "*",     "approve", "sign",   "escalate", "attest", "operate",          "adopt"};
constexpr std::array<std::string_view, 8> kUrlVerbs{"get", "put", "post", "head", "options", "delete", "patch", "*"};

Task<Json> review(Session& session, std::string path, std::string api_version, std::string kind, Json spec) {
  Json body{{"apiVersion", api_version}, {"kind", kind}};
  if (!spec.is_null()) body.get_object()["spec"] = std::move(spec);
  std::string text = base::to_canonical(body);
  Reply reply = co_await session.client.send("POST", std::move(path), "application/json", std::move(text));
  print_warnings(session, reply);
  co_return std::move(reply.body);
}

Task<Json> access_review(Session& session, std::string kind, Json spec) {
  std::string plural = kind == "SelfSubjectRulesReview" ? "selfsubjectrulesreviews" : "selfsubjectaccessreviews";
  co_return co_await review(session, "/apis/authorization.k8s.io/v1/" + plural, "authorization.k8s.io/v1",
                            std::move(kind), std::move(spec));
}

template <std::size_t count>
void warn_of_verb(Session& session, const std::array<std::string_view, count>& known, const std::string& verb) {
  if (std::find(known.begin(), known.end(), verb) != known.end()) return;
  session.err << "Warning: verb '" << verb << "' is not a known verb\n";
}

// A type that the server does not have is asked for as it was written: rules may name it all the same.
Json resource_attributes(Session& session, const CanIOptions& options) {
  const std::string& asked = options.words[1];
  const auto slash = asked.find('/');
  const std::string type = asked.substr(0, slash);
  Json attributes{{"verb", options.words[0]}, {"resource", type}, {"group", ""}};
  base::JsonObject& fields = attributes.get_object();
  if (type != "*") {
    const Resource* resource = session.discovery.look_up(type);
    if (resource == nullptr) {
      session.err << "Warning: the server doesn't have a resource type '" << type << "'\n";
    } else {
      fields["resource"] = resource->plural;
      fields["group"] = resource->group;
      if (!resource->namespaced && !options.all_namespaces) {
        session.err << "Warning: resource '" << resource->plural << "' is not namespace scoped"
                    << (resource->group.empty() ? "" : " in group '" + resource->group + "'") << "\n";
      }
    }
  }
  warn_of_verb(session, kVerbs, options.words[0]);
  if (slash != std::string::npos) fields["name"] = asked.substr(slash + 1);
  if (!options.subresource.empty()) fields["subresource"] = options.subresource;
  if (!options.all_namespaces) fields["namespace"] = session.ns;
  return attributes;
}

Json access_spec(Session& session, const CanIOptions& options) {
  if (!options.words[1].starts_with('/')) return {{"resourceAttributes", resource_attributes(session, options)}};
  if (!options.subresource.empty()) throw base::bad_request("--subresource can not be used with a path");
  warn_of_verb(session, kUrlVerbs, options.words[0]);
  return {{"nonResourceAttributes", {{"verb", options.words[0]}, {"path", options.words[1]}}}};
}

Task<int> list_rules(Session& session, const CanIOptions& options) {
  if (!options.words.empty()) throw base::bad_request("list option must be specified with no arguments");
  if (options.quiet || options.all_namespaces || !options.subresource.empty()) {
    throw base::bad_request("--list goes with neither --quiet, --all-namespaces nor --subresource");
  }
  Json spec{{"namespace", session.ns}};
  const Json answer = co_await access_review(session, "SelfSubjectRulesReview", std::move(spec));
  const Json& status = answer.at("status");
  if (base::bool_at(status, "incomplete")) {
    session.err << "Warning: the list may be incomplete: " << base::string_at(status, "evaluationError") << "\n";
  }
  std::vector<Row> rows = rule_rows(status);
  if (!options.no_headers) rows.insert(rows.begin(), {"Resources", "Non-Resource URLs", "Resource Names", "Verbs"});
  session.out << lay_out(rows);
  co_return 0;
}

}  // namespace

Task<int> run_can_i(Session& session, CanIOptions options) {
  if (options.list) co_return co_await list_rules(session, options);
  if (options.words.size() != 2) {
    throw base::bad_request("you must specify two arguments: verb resource or verb resource/resourceName");
  }
  if (options.no_headers) throw base::bad_request("--no-headers cannot be set without --list specified");
  Json spec = access_spec(session, options);
  const Json answer = co_await access_review(session, "SelfSubjectAccessReview", std::move(spec));
  const bool allowed = base::bool_at(answer, "status.allowed");
  if (options.quiet) co_return allowed ? 0 : 1;
  session.out << (allowed ? "yes" : "no");
  for (const char* field : {"status.reason", "status.evaluationError"}) {
    const std::string_view text = base::string_at(answer, field);
    if (!allowed && !text.empty()) session.out << " - " << text;
  }
  session.out << "\n";
  co_return allowed ? 0 : 1;
}

Task<int> run_who_am_i(Session& session, WhoAmIOptions options) {
  const Json answer = co_await review(session, "/apis/authentication.k8s.io/v1/selfsubjectreviews",
                                      "authentication.k8s.io/v1", "SelfSubjectReview", Json());
  if (!options.output.empty()) {
    print_value(session.out, answer, options.output);
    co_return 0;
  }
  const auto texts = [](const Json& list) {
    std::vector<std::string> all;
    for (const Json& text : list.as_array()) all.emplace_back(text.as_string());
    return all;
  };
  std::vector<Row> rows{{"ATTRIBUTE", "VALUE"}};
  rows.push_back({"Username", std::string(base::string_at(answer, "status.userInfo.username"))});
  if (const auto uid = base::string_at(answer, "status.userInfo.uid"); !uid.empty()) {
    rows.push_back({"UID", std::string(uid)});
  }
  if (const Json* groups = base::find_path(answer, "status.userInfo.groups")) {
    rows.push_back({"Groups", go_list(texts(*groups))});
  }
  if (const Json* extra = base::find_path(answer, "status.userInfo.extra"); extra != nullptr && extra->is_object()) {
    for (const auto& [key, values] : extra->get_object()) {
      rows.push_back({"Extra: " + std::string(key), go_list(texts(values))});
    }
  }
  session.out << lay_out(rows);
  co_return 0;
}

}  // namespace berth::cli
