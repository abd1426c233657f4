// SPDX-License-Identifier: Apache-2.0
#include "resources/body_rules.hpp"

#include "base/utf8.hpp"
#include "resources/object/sealing.hpp"
#include "resources/request/list_position.hpp"
#include "schemas/admit.hpp"
#include "schemas/go_decode.hpp"

namespace berth::resources {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out;
  base::append_quoted(out, text);
  return out;
}

// Upstream names at most a hundred duplicates at once, too; a body of 3 MiB has room for a hundred thousand, with names
// of any length.
constexpr std::size_t kMostProblems = 100;
constexpr std::size_t kMostProblemBytes = 16 * 1024;  // together
constexpr std::size_t kMostFieldBytes = 1024;
constexpr std::size_t kMostPatchBytes = 4 * 1024;

// `unknown field "spec.foo"`, as a warning and as a part of the strict error.
std::vector<std::string> field_problems(const std::vector<std::string>& unknown,
                                        const std::vector<std::string>& duplicates) {
  std::vector<std::string> problems;
  std::size_t bytes = 0;
  const auto add = [&](const char* what, const std::vector<std::string>& fields) {
    for (const std::string& field : fields) {
      if (problems.size() == kMostProblems || bytes > kMostProblemBytes) return;
      problems.push_back(what + in_quotes(base::truncated(field, kMostFieldBytes)));
      bytes += problems.back().size();
    }
  };
  add("unknown field ", unknown);
  add("duplicate field ", duplicates);
  const std::size_t left = unknown.size() + duplicates.size() - problems.size();
  if (left > 0) problems.push_back("and " + std::to_string(left) + " more");
  return problems;
}

// In upstream's words. `named` is the kind that the body says it is.
base::Status cannot_be_handled(const Kind& kind, std::string_view named, const std::string& why) {
  return base::bad_request(std::string(named) + " in version \"" + kind.version + "\" cannot be handled as a " +
                           kind.kind + ": " + why);
}

base::Status strict_error(const Kind& kind, const std::vector<std::string>& problems, Origin origin,
                          const Json* patch) {
  std::string text = "strict decoding error: ";
  for (const std::string& problem : problems) text.append(&problem == &problems.front() ? "" : ", ").append(problem);
  if (origin != Origin::Patch) {
    return cannot_be_handled(kind, kind.kind, text);
  }
  // A Secret's patch holds values.
  const std::string whole = patch == nullptr || has_sealed_fields(kind) ? "" : base::to_canonical(*patch);
  const std::string_view shown = base::truncated(whole, kMostPatchBytes);
  base::Details details;
  details.causes.push_back({"FieldValueInvalid", "Invalid value: " + in_quotes(shown) + ": " + text, "patch"});
  std::string message = " \"\" is invalid: patch: " + details.causes.front().message;
  return {base::Reason::Invalid, std::move(message), std::move(details)};
}

base::Status invalid_field(const Kind& kind, const Json& object, std::string field, std::string message) {
  return schemas::invalid(kind, base::string_at(object, "metadata.name"),
                          {{"FieldValueInvalid", std::move(message), std::move(field)}});
}

}  // namespace

void check_type(const Kind& kind, Json& object) {
  if (!object.is_object()) throw base::bad_request("the body must be an object of kind " + kind.kind);
  base::JsonObject& members = object.get_object();
  for (const std::string_view member : {"apiVersion", "kind"}) {
    const Json* value = members.if_contains(member);
    if (value != nullptr && !value->is_null() && !value->is_string()) {
      throw base::bad_request("\"" + std::string(member) + "\" must be a string");
    }
    if (kind.built_in && base::string_at(object, member).empty()) {
      members[member] = member == "kind" ? kind.kind : kind.api_version();
    }
  }
  Json& metadata = members["metadata"];
  if (metadata.is_null()) metadata.emplace_object();
  if (!metadata.is_object()) {
    if (kind.built_in) throw cannot_be_handled(kind, kind.kind, schemas::go_decode_error(kind, object));
    throw base::bad_request("\"metadata\" must be an object");
  }
  // Views only now: an insertion moves what they point to.
  const std::string_view named = base::string_at(object, "kind");
  if (named.empty()) throw base::bad_request("Object 'Kind' is missing");
  const std::string_view version = base::string_at(object, "apiVersion");
  if (version != kind.api_version()) {
    throw base::bad_request("the API version in the data (" + std::string(version.empty() ? "/" : version) +
                            ") does not match the expected API version (" + kind.api_version() + ")");
  }
  if (named != kind.kind) {
    if (kind.built_in) throw cannot_be_handled(kind, named, "unknown conversion");
    throw invalid_field(kind, object, "kind", "Invalid value: " + in_quotes(named) + ": must be " + kind.kind);
  }
}

void check_place(const Kind& kind, const Json& object, std::string_view ns, std::string_view name) {
  const std::string found(base::string_at(object, "metadata.name"));
  if (found.empty()) {
    throw base::bad_request("the name of the object (" + std::string(name) +
                            " based on URL) was undeterminable: name must be provided");
  }
  if (found != name) {
    throw base::bad_request("the name of the object (" + found + ") does not match the name on the URL (" +
                            std::string(name) + ")");
  }
  const std::string found_ns(base::string_at(object, "metadata.namespace"));
  if (kind.namespaced && !found_ns.empty() && found_ns != ns) {
    throw base::bad_request("the namespace of the object (" + found_ns +
                            ") does not match the namespace on the request (" + std::string(ns) + ")");
  }
}

std::vector<std::string> check_fields(const Kind& kind, Json& object, const std::vector<std::string>& duplicates,
                                      FieldValidation validation, Origin origin, const Json* patch) {
  if (origin == Origin::Create || origin == Origin::Update) {
    const std::string why = schemas::go_decode_error(kind, object);
    if (!why.empty()) throw cannot_be_handled(kind, kind.kind, why);
  }
  const std::vector<std::string> unknown = schemas::prune(kind, object);
  if (origin == Origin::Server || validation == FieldValidation::Ignore) return {};
  if (unknown.empty() && duplicates.empty()) return {};
  std::vector<std::string> problems = field_problems(unknown, duplicates);
  if (validation == FieldValidation::Strict) throw strict_error(kind, problems, origin, patch);
  return problems;
}

void check_precondition(const Kind& kind, const Json& object, const Json& live, Revision revision, Origin origin) {
  const std::string_view name = base::string_at(live, "metadata.name");
  const std::string_view uid = base::string_at(object, "metadata.uid");
  const std::string_view live_uid = base::string_at(live, "metadata.uid");
  if (!uid.empty() && uid != live_uid) {
    if (origin == Origin::Update) throw uid_conflict(kind, name, uid, live_uid);
    throw invalid_field(kind, object, "metadata.uid", "Invalid value: " + in_quotes(uid) + ": field is immutable");
  }
  const std::string_view text = base::string_at(object, "metadata.resourceVersion");
  const auto wanted = text.empty() ? Revision{0} : parse_revision(text);
  if (!wanted) {
    throw invalid_field(kind, object, "metadata.resourceVersion",
                        "Invalid value: " + in_quotes(text) + ": must be a number");
  }
  if (*wanted == revision) return;
  if (*wanted != 0) throw modified_conflict(kind, name);
  if (origin == Origin::Update && needs_version(kind)) {
    throw invalid_field(kind, object, "metadata.resourceVersion",
                        "Invalid value: 0x0: must be specified for an update");
  }
}

bool needs_version(const Kind& kind) { return !kind.built_in || kind.kind == "Lease"; }

bool creates_on_update(const Kind& kind) {
  return kind.built_in && (kind.group == "rbac.authorization.k8s.io" || kind.kind == "Lease" || kind.kind == "Event");
}

base::Status uid_conflict(const Kind& kind, std::string_view name, std::string_view wanted, std::string_view found) {
  std::string why = "Precondition failed: UID in precondition: ";
  why.append(wanted).append(", UID in object meta: ").append(found);
  return base::conflict(kind.resource(), name, why);
}

base::Status modified_conflict(const Kind& kind, std::string_view name) {
  return base::conflict(kind.resource(), name,
                        "the object has been modified; please apply your changes to the latest version and try again");
}

}  // namespace berth::resources
