// SPDX-License-Identifier: Apache-2.0
#include "cli/compose_stack.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/status.hpp"
#include "cli/text_lists.hpp"
#include "compose/dotenv.hpp"
#include "compose/expand.hpp"
#include "compose/loader.hpp"
#include "compose/model.hpp"

namespace berth::cli {
namespace {

using base::JsonArray;
using base::JsonObject;

std::string of_shell(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// A file of the stack as messages name it.
std::string shown_as(const std::string& path, const ComposeFiles& files) {
  if (path == kComposeFile) return files.shown;
  if (const auto called = files.called.find(path); called != files.called.end()) return called->second;
  return (std::filesystem::path(files.folder) / path).string();
}

// A setting of compose's own: the shell's wins over .env.
std::string setting(const ComposeFiles& files, const char* name) {
  const std::string own = of_shell(name);
  const auto file = files.contents.find(".env");
  if (!own.empty() || file == files.contents.end()) return own;
  compose::Environment read;
  try {
    compose::read_env_file(file->second, compose::lookup_in({}), read);
  } catch (const base::Status& status) {
    throw base::bad_request(shown_as(".env", files) + ": " + status.message());
  }
  const auto found = read.find(name);
  return found == read.end() ? "" : found->second;
}

std::string checked_project(const std::string& name) {
  const std::string proper = compose::normalize_project_name(name);
  if (name.empty() || proper == name) return name;
  throw base::bad_request("\"" + name + "\" is no project name: lower case letters, digits, '-' and '_', a letter or " +
                          "digit first" + (proper.empty() ? "" : ", such as " + proper));
}

// "a,b" as its parts.
std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find(',', from), text.size());
    if (end > from) parts.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return parts;
}

// Whether the manager has set this member of the spec: by its apply, or by the create before the first one.
bool is_declared_here(const Json& live, const std::string& member) {
  const Json* managers = base::find_path(live, "metadata.managedFields");
  if (managers == nullptr || !managers->is_array()) return false;
  return std::ranges::any_of(managers->get_array(), [&](const Json& entry) {
    return base::string_at(entry, "manager") == kComposeManager &&
           base::find_path(entry, "fieldsV1.f:spec.f:" + member) != nullptr;
  });
}

std::string live_text(const std::optional<Json>& live, std::string_view path) {
  return live ? std::string(base::string_at(*live, path)) : "";
}

// Variables that somebody else gave the stack are there when the server reads it. Those from elsewhere have no value
// here, so they count as secrets, which are never looked into.
void add_variables_of(const std::optional<Json>& live, Reading& reading) {
  const Json* env = live ? base::find_path(*live, "spec.env") : nullptr;
  if (env == nullptr || !env->is_array()) return;
  for (const Json& variable : env->get_array()) {
    const std::string name(base::string_at(variable, "name"));
    if (base::find_path(variable, "valueFrom") != nullptr) {
      reading.secrets.emplace(name, "");
    } else {
      reading.env.emplace(name, base::string_at(variable, "value"));
    }
  }
}

// What is wrong, and in which file as it is called here.
struct Complaint {
  std::string file;
  std::string text;
};

// "compose.override.yaml: line 2, column 1: broken", which the server says of its own names for the files.
Complaint complaint_in(const ComposeFiles& files, const std::string& text) {
  for (const auto& [path, content] : files.contents) {
    for (const std::string& head : {files.folder + "/" + path + ": ", path + ": "}) {
      if (text.starts_with(head)) return {shown_as(path, files), text.substr(head.size())};
    }
  }
  return {files.shown, text};
}

Complaint complaint_of(const base::Cause& cause, const ComposeFiles& files) {
  std::string text = cause.message;
  constexpr std::string_view kInvalid = "Invalid value: ";
  const bool of_content = cause.field.starts_with("spec.files[") && cause.field.ends_with("].content");
  if (!cause.field.empty() && cause.field != "spec.compose" && !(of_content && text.starts_with(kInvalid))) {
    return {files.shown, cause.field + ": " + text};
  }
  if (text.starts_with(kInvalid)) text.erase(0, kInvalid.size());
  return complaint_in(files, text);
}

}  // namespace

StackNames names_of(const ComposeFlags& flags, const std::string& ns, const ComposeFiles& files) {
  std::string project = checked_project(flags.project.empty() ? setting(files, "COMPOSE_PROJECT_NAME") : flags.project);
  if (!project.empty()) return {compose::child_name(project), project};
  project = compose::declared_project(sources_of(files, {}));
  if (!project.empty()) return {compose::child_name(project), project};
  project = compose::normalize_project_name(std::filesystem::path(files.folder).filename().string());
  if (project.empty()) {
    throw base::bad_request("the name of " + files.folder + " makes no project name: give one by -p, or by name: in " +
                            files.shown);
  }
  // As the server names a stack that says nothing of it.
  return {compose::child_name(project), ns == "default" ? project : ns + "_" + project};
}

std::string stack_name(const ComposeFlags& flags, const std::string& ns) {
  const std::string given = checked_project(flags.project.empty() ? of_shell("COMPOSE_PROJECT_NAME") : flags.project);
  if (!given.empty()) return compose::child_name(given);
  return names_of(flags, ns, files_here(flags)).object;
}

ComposeFiles files_here(const ComposeFlags& flags) {
  return open_compose_files(flags.files, flags.env_file, std::filesystem::current_path(), Look::AndAbove);
}

compose::Environment variables_of(const ComposeFlags& flags) {
  compose::Environment variables;
  for (const std::string& text : flags.env) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const char* value = std::getenv(name.c_str());
    if (name.empty() || (equals == std::string::npos && value == nullptr)) {
      throw base::bad_request("-e must be NAME=value, or the NAME of a variable of the shell; found \"" + text + "\"");
    }
    variables[name] = equals == std::string::npos ? value : text.substr(equals + 1);
  }
  return variables;
}

std::vector<std::string> profiles_of(const ComposeFlags& flags, const ComposeFiles& files) {
  return flags.profiles.empty() ? parts_of(setting(files, "COMPOSE_PROFILES")) : flags.profiles;
}

Address stack_address(const Session& session, const std::string& name) {
  return {&session.discovery.find("composestacks.berth.dev"), session.ns, name};
}

Task<std::optional<Json>> find_stack(Session& session, Address address) {
  try {
    Reply reply = co_await session.client.get(address.path());
    co_return std::move(reply.body);
  } catch (const base::Status& status) {
    if (status.reason() != base::Reason::NotFound) throw;
  }
  co_return std::nullopt;
}

Json stack_manifest(const Address& address, const ComposeFiles& files, Json spec) {
  JsonArray beside;
  for (const auto& [path, content] : files.contents) {
    if (path != kComposeFile) beside.push_back(JsonObject{{"path", path}, {"content", content}});
  }
  spec.as_object()["compose"] = files.contents.find(kComposeFile)->second;
  if (!beside.empty()) spec.as_object()["files"] = std::move(beside);
  return JsonObject{{"apiVersion", address.resource->api_version()},
                    {"kind", address.resource->kind},
                    {"metadata", JsonObject{{"name", address.name}, {"namespace", address.ns}}},
                    {"spec", std::move(spec)}};
}

namespace {

// The file's services with these active; throws when it has not one of them. Reads beside it what that takes.
compose::Model model_with(const DeclaredStack& stack, std::vector<std::string> services) {
  ComposeFiles files = stack.files;
  Reading reading = stack.reading;
  reading.services = std::move(services);
  add_what_it_reads(files, reading);
  try {
    return compose::load_model(sources_of(files, reading));
  } catch (const base::Status& status) {
    throw stack_error(status, files);
  }
}

// The server is not told of them where the stack is one of all: nothing would be done, and nothing said.
void refuse_disabled(const DeclaredStack& stack, const std::vector<std::string>& asked) {
  const compose::Model model = model_with(stack, {});
  for (const std::string& name : asked) {
    if (!model.disabled.contains(name)) continue;
    throw base::bad_request("service " + name + " is in a profile that is not active, and the stack is one of all " +
                            "services: with --profile, up takes it in");
  }
}

// What the stack is of when these are asked for, all of which the file has.
std::vector<std::string> services_for(const DeclaredStack& stack, const std::vector<std::string>& asked) {
  if (asked.empty()) return {};
  const compose::Model model = model_with(stack, asked);
  if (!stack.live) return asked;
  std::vector<std::string> kept = services_beside(*stack.live, asked, model);
  if (kept.empty()) refuse_disabled(stack, asked);
  return kept;
}

}  // namespace

std::vector<std::string> services_beside(const Json& live, const std::vector<std::string>& asked,
                                         const compose::Model& model) {
  std::vector<std::string> all = texts_at(live, "spec.services");
  if (all.empty()) return all;
  const base::JsonObject& services = model.json.at("services").as_object();
  std::erase_if(all,
                [&](const std::string& name) { return !services.contains(name) && !model.disabled.contains(name); });
  for (const std::string& name : asked) {
    if (std::ranges::find(all, name) == all.end()) all.push_back(name);
  }
  return all;
}

Task<DeclaredStack> declare_stack(Session& session, ComposeFlags flags, ComposeFiles files,
                                  std::vector<std::string> services) {
  DeclaredStack stack;
  stack.files = std::move(files);
  const StackNames names = names_of(flags, session.ns, stack.files);
  stack.address = stack_address(session, names.object);
  stack.live = co_await find_stack(session, stack.address);
  const std::string host = live_text(stack.live, "spec.host");
  const std::string project = live_text(stack.live, "spec.project");

  stack.reading.project = project.empty() ? names.project : project;
  stack.reading.host_dir = flags.host_dir;
  stack.reading.profiles = profiles_of(flags, stack.files);
  stack.reading.env = variables_of(flags);
  JsonArray env;
  for (const auto& [name, value] : stack.reading.env) env.push_back(JsonObject{{"name", name}, {"value", value}});
  add_variables_of(stack.live, stack.reading);
  stack.reading.services = services_for(stack, services);
  add_what_it_reads(stack.files, stack.reading);

  const std::string chosen = flags.host.empty() ? host : flags.host;
  JsonObject spec{{"host", chosen.empty() ? "local" : chosen}, {"project", stack.reading.project}};
  if (!flags.host_dir.empty()) spec["hostDir"] = flags.host_dir;
  if (!env.empty()) spec["env"] = std::move(env);
  for (const auto& [member, list] :
       {std::pair{"profiles", &stack.reading.profiles}, std::pair{"services", &stack.reading.services}}) {
    if (!list->empty()) spec[member] = JsonArray(list->begin(), list->end());
  }
  stack.wanted = stack_manifest(stack.address, stack.files, std::move(spec));
  co_return stack;
}

namespace {

// A stack of some services is of those that its file still has.
void keep_services(DeclaredStack& stack) {
  const std::vector<std::string> before = texts_at(*stack.live, "spec.services");
  if (before.empty()) return;
  const std::vector<std::string> kept = services_beside(*stack.live, {}, model_with(stack, {}));
  std::string names;
  for (const std::string& name : before) {
    names += (names.empty() ? "" : ", ") + name;
    if (std::ranges::find(kept, name) == kept.end()) stack.gone.push_back(name);
  }
  if (kept.empty()) {
    throw base::bad_request(stack.files.shown + ": has no service any more of those that the stack is of: " + names +
                            "; berth compose up SERVICE... makes it one of others, and up one of all");
  }
  stack.reading.services = kept;
}

}  // namespace

void apply_only_as_read(DeclaredStack& stack) {
  Json& metadata = stack.wanted.at("metadata");
  metadata.as_object()["resourceVersion"] = base::string_at(*stack.live, "metadata.resourceVersion");
}

DeclaredStack declare_again(Address address, ComposeFiles files, Json as_it_is) {
  DeclaredStack stack;
  stack.address = std::move(address);
  stack.files = std::move(files);
  stack.live = std::move(as_it_is);
  const Json& live = stack.live->at("spec");
  JsonObject spec{{"host", live.at("host")}, {"project", live.at("project")}};
  for (const char* member : {"hostDir", "env", "profiles"}) {
    if (is_declared_here(*stack.live, member)) spec[member] = live.at(member);
  }
  stack.reading.project = base::string_at(live, "project");
  stack.reading.host_dir = base::string_at(live, "hostDir");
  stack.reading.profiles = texts_at(live, "profiles");
  add_variables_of(stack.live, stack.reading);
  const bool of_some = is_declared_here(*stack.live, "services");
  if (of_some) {
    keep_services(stack);
    spec["services"] = JsonArray(stack.reading.services.begin(), stack.reading.services.end());
  } else {
    stack.reading.services = texts_at(live, "services");
  }
  add_what_it_reads(stack.files, stack.reading);
  stack.wanted = stack_manifest(stack.address, stack.files, std::move(spec));
  if (of_some) apply_only_as_read(stack);
  return stack;
}

Task<DeclaredStack> declare_files(Session& session, ComposeFlags flags, std::filesystem::path folder) {
  ComposeFiles files = open_compose_files(flags.files, flags.env_file, folder, Look::Here);
  Address address = stack_address(session, names_of(flags, session.ns, files).object);
  Reply reply = co_await session.client.get(address.path());
  co_return declare_again(std::move(address), std::move(files), std::move(reply.body));
}

base::Status stack_error(const base::Status& status, const ComposeFiles& files) {
  const bool of_file = status.reason() == base::Reason::Invalid || status.reason() == base::Reason::BadRequest;
  if (!of_file) return status;
  std::vector<Complaint> complaints;
  for (const base::Cause& cause : status.details().causes) complaints.push_back(complaint_of(cause, files));
  if (complaints.empty()) complaints.push_back(complaint_in(files, status.message()));
  std::string text = complaints.front().file + ": " + complaints.front().text;
  for (auto each = complaints.begin() + 1; each != complaints.end(); ++each) {
    text += "\n  " + (each->file == complaints.front().file ? "" : each->file + ": ") + each->text;
  }
  for (const std::string& path : files.outside) {
    text += "\n  (" + path + " is not below " + files.folder + ", so it is none of the stack's files)";
  }
  return base::bad_request(text);
}

}  // namespace berth::cli
