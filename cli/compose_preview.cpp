// SPDX-License-Identifier: Apache-2.0
// compose preview, config, convert
#include <iostream>
#include <ostream>
#include <sstream>

#include "base/indented_json.hpp"
#include "base/status.hpp"
#include "base/yaml.hpp"
#include "cli/compose.hpp"
#include "cli/plan.hpp"
#include "cli/printable.hpp"
#include "compose/expand.hpp"
#include "compose/model.hpp"

namespace berth::cli {
namespace {

using base::JsonObject;

const base::JsonArray& list_at(const Json& value, std::string_view path) {
  static const base::JsonArray kNone;
  const Json* found = base::find_path(value, path);
  return found != nullptr && found->is_array() ? found->get_array() : kNone;
}

std::string text_at(const Json& value, std::string_view path) { return std::string(base::string_at(value, path)); }

std::string port_text(const Json& port) {
  const std::string address = text_at(port, "host_ip");
  const std::string published = text_at(port, "published");
  return (address.empty() ? "" : address + ":") + (published.empty() ? "" : published + ":") +
         std::to_string(base::int_at(port, "target")) + "/" + text_at(port, "protocol");
}

std::string volume_text(const Json& mount) {
  const std::string source = text_at(mount, "type") == "tmpfs" ? "tmpfs" : text_at(mount, "source");
  return (source.empty() ? "" : source + ":") + text_at(mount, "target") +
         (base::bool_at(mount, "read_only") ? ":ro" : "");
}

// A value may be a secret; its name is enough.
std::string variable_names(const Json& service) {
  const Json* variables = base::find_path(service, "environment");
  std::string names;
  if (variables == nullptr || !variables->is_object()) return names;
  for (const auto& variable : variables->get_object()) {
    names.append(names.empty() ? "" : ", ").append(variable.key());
  }
  return names;
}

std::string joined(const base::JsonArray& list, std::string (*text)(const Json&)) {
  std::string all;
  for (const Json& one : list) all += (all.empty() ? "" : ", ") + text(one);
  return all;
}

std::string card(std::string_view name, const Json& service) {
  const std::string image = text_at(service, "image");
  const std::string restart = text_at(service, "restart");
  std::string lines = "service " + std::string(name) + "\n";
  const auto add = [&lines](std::string label, const std::string& value) {
    label.resize(10, ' ');
    if (!value.empty()) lines += "  " + label + value + "\n";
  };
  add("image", image.empty() ? "none: the service is skipped" : image);
  add("ports", joined(list_at(service, "ports"), port_text));
  add("volumes", joined(list_at(service, "volumes"), volume_text));
  add("env", variable_names(service));
  add("restart", restart.empty() ? "no" : restart);
  return lines;
}

void print_warnings(const ComposeFiles& files, const compose::Problems& warnings) {
  for (const compose::Problem& warning : warnings) {
    std::cerr << "Warning: " << files.shown << ": "
              << printable(warning.path.empty() ? warning.message : warning.path + ": " + warning.message) << "\n";
  }
}

// What is read without a server.
struct LocalStack {
  ComposeFiles files;
  StackNames names;
  Reading reading;
};

LocalStack read_locally(const ComposeFlags& flags, const std::string& ns) {
  LocalStack stack;
  stack.files = open_compose_files(flags.files, flags.env_file, std::filesystem::current_path(), Look::AndAbove);
  stack.names = names_of(flags, ns.empty() ? "default" : ns, stack.files);
  stack.reading.project = stack.names.project;
  stack.reading.host_dir = flags.host_dir;
  stack.reading.profiles = profiles_of(flags, stack.files);
  stack.reading.env = variables_of(flags);
  add_what_it_reads(stack.files, stack.reading);
  return stack;
}

// What is no variable any more is not read as one. Nobody looks for one in a key.
void escape_variables(Json& value) {
  if (value.is_object()) {
    for (auto& member : value.get_object()) escape_variables(member.value());
  } else if (value.is_array()) {
    for (Json& each : value.get_array()) escape_variables(each);
  } else if (value.is_string()) {
    std::string escaped;
    for (const char byte : value.get_string()) escaped.append(byte == '$' ? 2 : 1, byte);
    value = escaped;
  }
}

// The name first, as people read it.
Json named_first(const Json& model) {
  JsonObject ordered{{"name", model.at("name")}};
  for (const auto& member : model.as_object()) ordered[member.key()] = member.value();
  return ordered;
}

// A problem as stack_error() reads it.
base::Status refusal_of(const compose::Problems& errors) {
  base::Details details;
  for (const compose::Problem& error : errors) {
    details.causes.push_back(
        {"FieldValueInvalid", error.path.empty() ? error.message : error.path + ": " + error.message, ""});
  }
  return {base::Reason::Invalid, "the file is invalid", details};
}

// A complete object of the API.
Json complete(Json object, const std::string& ns) {
  const std::string kind = text_at(object, "kind");
  const bool content = kind == "ConfigMap" || kind == "Secret";
  JsonObject whole{{"apiVersion", content ? "v1" : "berth.dev/v1"}};
  for (auto& member : object.as_object()) whole[member.key()] = std::move(member.value());
  if (!ns.empty()) whole["metadata"].as_object()["namespace"] = ns;
  return whole;
}

}  // namespace

std::string service_cards(const Json& model) {
  const Json* services = base::find_path(model, "services");
  std::string text;
  if (services == nullptr || !services->is_object()) return text;
  for (const auto& service : services->get_object()) text += card(service.key(), service.value());
  return text;
}

std::string config_text(const Json& model, const std::string& format) {
  Json escaped = named_first(model);
  escape_variables(escaped);
  std::ostringstream text;
  print_value(text, escaped, format.empty() ? "yaml" : format);
  return text.str();
}

int print_compose_config(const ComposeOptions& options, const std::string& ns) {
  const LocalStack stack = read_locally(options.flags, ns);
  try {
    const compose::Model model = compose::load_model(sources_of(stack.files, stack.reading));
    print_warnings(stack.files, model.warnings);
    std::cout << config_text(model.json, options.output);
  } catch (const base::Status& status) {
    throw stack_error(status, stack.files);
  }
  return 0;
}

int print_compose_objects(const ComposeOptions& options, const std::string& ns) {
  const LocalStack stack = read_locally(options.flags, ns);
  const std::string host = options.flags.host.empty() ? "local" : options.flags.host;
  const compose::Target target{.stack = stack.names.object, .host = host, .host_dir = options.flags.host_dir};
  compose::Expansion made = compose::expand(sources_of(stack.files, stack.reading), target);
  if (!made.errors.empty()) throw stack_error(refusal_of(made.errors), stack.files);
  print_warnings(stack.files, made.warnings);
  bool first = true;
  for (Json& object : made.objects) {
    std::cout << (first ? "" : "---\n") << base::to_yaml(complete(std::move(object), ns));
    first = false;
  }
  return 0;
}

Task<int> run_compose_preview(Session& session, ComposeOptions options) {
  DeclaredStack stack = co_await declare_stack(session, options.flags, files_here(options.flags), options.words);
  if (options.adopt) ask_to_adopt(stack);
  Json wanted = stack.wanted;
  Json plan;
  try {
    plan = co_await ask_plan(session, stack.address, std::move(wanted), kComposeManager);
  } catch (const base::Status& status) {
    throw stack_error(status, stack.files);
  }
  if (!options.output.empty()) {
    print_value(session.out, plan, options.output);
    co_return 0;
  }
  try {
    const compose::Model model = compose::load_model(sources_of(stack.files, stack.reading));
    session.out << printable(service_cards(model.json)) << "\n";
  } catch (const base::Status&) {
    session.err << "Warning: what each service is, is known to the server only: a variable comes from there\n";
  }
  session.out << printable(base::string_at(plan, "text"));
  co_return 0;
}

}  // namespace berth::cli
