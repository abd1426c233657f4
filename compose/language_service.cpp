// SPDX-License-Identifier: Apache-2.0
// The attributes of workloads and of services, and what stands below build, deploy and the hooks.
#include <cctype>

#include "compose/long_form.hpp"
#include "compose/shapes.hpp"

namespace berth::compose {

namespace {

// compose looks for such a part; the engine asks for a whole.
bool is_container_name(std::string_view text) {
  const auto first = [](unsigned char c) { return std::isalnum(c) != 0; };
  const auto next = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-'; };
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (first(static_cast<unsigned char>(text[i])) && next(static_cast<unsigned char>(text[i + 1]))) return true;
  }
  return false;
}

Shape healthcheck() {
  return object({{"disable", boolean()},
                 {"interval", duration(), Shown::Given},
                 {"retries", leaf(Kind::Unsigned, kNumber | kString), Shown::Given},
                 {"test", joined(leaf(Kind::Test, kString | kArray), Joins::Replace)},
                 {"timeout", duration(), Shown::Given},
                 {"start_period", duration(), Shown::Given},
                 {"start_interval", duration(), Shown::Given}});
}

Shape depends_on() {
  Shape dependency =
      object({{"restart", boolean()},
              {"required", leaf(Kind::Bool, kBool), Shown::Always},
              {"condition", one_of({"service_started", "service_healthy", "service_completed_successfully"}),
               Shown::NotEmpty, true}});
  Shape made = joined(named(std::move(dependency)), Joins::AsMap);
  made.accepts |= kArray;
  made.distinct = true;
  made.lengthen = lengthen_depends_on;
  return made;
}

Shape ports() {
  Shape item = object({{"name", text()},
                       {"mode", text()},
                       {"host_ip", text()},
                       {"target", integer()},
                       {"published", leaf(Kind::Text, kString | kInteger)},
                       {"protocol", text()},
                       {"app_protocol", text()}});
  item.accepts |= kNumber | kString;
  item.complete = [](JsonObject& port) {
    port.emplace("protocol", "tcp");
    port.emplace("mode", "ingress");
  };
  Shape made = distinct_by(list(std::move(item)), Sameness::Port);
  made.distinct = true;
  made.lengthen = lengthen_ports;
  return made;
}

Shape expose() {
  Shape made = distinct_by(list(text_or_number()), Sameness::Name);
  made.distinct = true;
  return made;
}

Shape development() {
  Shape watch =
      object({{"ignore", text_or_list()},
              {"include", text_or_list()},
              {"path", path_text(PathRule::Plain), Shown::Always, true},
              {"action", one_of({"rebuild", "sync", "restart", "sync+restart", "sync+exec"}), Shown::Always, true},
              {"target", text()},
              {"exec", hook(), Shown::Always},
              {"initial_sync", leaf(Kind::Bool, kBool)}});
  return nullable(object({{"watch", list(std::move(watch))}}));
}

Shape provider() {
  return object({{"type", text(), Shown::NotEmpty, true}, {"options", leaf(Kind::Repeated, kObject)}});
}

Shape extends() {
  Shape made = object({{"service", text(), Shown::NotEmpty, true}, {"file", path_text(PathRule::Plain)}});
  made.accepts |= kString;
  made.extensible = false;
  made.lengthen = [](const Json& value, const std::string&) {
    return value.is_string() ? Json(JsonObject{{"service", value}}) : value;
  };
  return made;
}

Shape before_start() {
  std::vector<Field> fields = container_fields();
  fields.push_back({"per_replica", boolean()});
  return object(std::move(fields));
}

Shape update_config() {
  return object({{"parallelism", leaf(Kind::Unsigned, kInteger | kString), Shown::Given},
                 {"delay", duration()},
                 {"failure_action", text()},
                 {"monitor", duration()},
                 {"max_failure_ratio", real()},
                 {"order", one_of({"start-first", "stop-first"})}});
}

Shape resources() {
  Shape generic =
      object({{"discrete_resource_spec", object({{"kind", text(), Shown::Always}, {"value", number(), Shown::Always}}),
               Shown::Given}});
  Shape limits = object({{"cpus", real()}, {"memory", leaf(Kind::Bytes, kString)}, {"pids", integer()}});
  Shape reservations = object({{"cpus", real()},
                               {"memory", leaf(Kind::Bytes, kString)},
                               {"generic_resources", list(std::move(generic))},
                               {"devices", device_requests()}});
  reservations.fields.back().shape.item.front().fields.front().required = true;  // capabilities
  reservations.fields.back().shape.accepts = kArray;
  reservations.fields.back().shape.item.front().any_fields = false;
  return object({{"limits", std::move(limits), Shown::Given}, {"reservations", std::move(reservations), Shown::Given}});
}

}  // namespace

std::vector<Field> workload_fields() {
  return {{"build", build(), Shown::Given},
          {"depends_on", depends_on()},
          {"expose", expose()},
          {"healthcheck", healthcheck(), Shown::Given},
          {"ports", ports()},
          {"stdin_open", boolean()},
          {"tty", boolean()}};
}

std::vector<Field> service_fields() {
  Shape container_name = fitting(is_container_name, "a letter or digit, then letters, digits, '_', '.' or '-'");
  return {{"attach", boolean(), Shown::Given},
          {"container_name", std::move(container_name)},
          {"deploy", deployment(), Shown::Given},
          {"develop", development(), Shown::Given},
          {"extends", extends(), Shown::Given},
          {"external_links", texts()},
          {"links", distinct_by(texts(), Sameness::Name)},
          {"post_start", list(hook())},
          {"pre_start", list(before_start())},
          {"pre_stop", list(hook())},
          {"profiles", distinct_by(texts(), Sameness::Name)},
          {"provider", provider(), Shown::Given},
          {"restart", text()},
          {"scale", integer(), Shown::Given}};
}

Shape hook() {
  return object({{"command", command(), Shown::Always, true},
                 {"user", text()},
                 {"privileged", boolean()},
                 {"working_dir", text()},
                 {"environment", pairs(Kind::Pairs)}});
}

Shape deployment() {
  Shape restart = object({{"condition", text()},
                          {"delay", duration(), Shown::Given},
                          {"max_attempts", leaf(Kind::Unsigned, kInteger | kString), Shown::Given},
                          {"window", duration(), Shown::Given}});
  Shape placement = object({{"constraints", list(text())},
                            {"preferences", list(object({{"spread", text()}}))},
                            {"max_replicas_per_node", integer()}});
  return nullable(object({{"mode", text()},
                          {"endpoint_mode", text()},
                          {"replicas", integer(), Shown::Given},
                          {"labels", pairs(Kind::Labels)},
                          {"rollback_config", update_config(), Shown::Given},
                          {"update_config", update_config(), Shown::Given},
                          {"resources", resources(), Shown::Always},
                          {"restart_policy", std::move(restart), Shown::Given},
                          {"placement", std::move(placement), Shown::Always}}));
}

Shape device_requests() {
  Shape item = object({{"capabilities", texts()},
                       {"count", leaf(Kind::Count, kString | kInteger)},
                       {"device_ids", texts()},
                       {"driver", text()},
                       {"options", pairs(Kind::Labels)}});
  item.any_fields = true;
  item.complete = [](JsonObject& request) {
    if (!request.contains("count") && !request.contains("device_ids")) request["count"] = "all";
  };
  Shape made = list(std::move(item));
  made.accepts |= kString;
  made.choices = {"all"};
  made.lengthen = [](const Json& value, const std::string&) {
    return value.is_string() ? Json(JsonArray{JsonObject{{"count", "all"}}}) : value;
  };
  return made;
}

Shape build() {
  Shape contexts = pairs(Kind::Labels);
  contexts.path = PathRule::Context;
  contexts.lengthen = lengthen_pairs;
  Shape made = object({{"context", path_text(PathRule::Context)},
                       {"dockerfile", text()},
                       {"dockerfile_inline", text()},
                       {"entitlements", list(text())},
                       {"args", pairs(Kind::Pairs)},
                       {"ssh", pairs(Kind::Pairs)},
                       {"labels", pairs(Kind::Labels)},
                       {"cache_from", list(text())},
                       {"cache_to", list(text())},
                       {"no_cache", boolean()},
                       {"no_cache_filter", text_or_list()},
                       {"additional_contexts", std::move(contexts)},
                       {"network", text()},
                       {"provenance", leaf(Kind::Text, kString | kBool)},
                       {"sbom", leaf(Kind::Text, kString | kBool)},
                       {"pull", boolean()},
                       {"target", text()},
                       {"shm_size", leaf(Kind::Bytes, kInteger | kString)},
                       {"extra_hosts", hosts()},
                       {"isolation", text()},
                       {"privileged", boolean()},
                       {"secrets", file_grants()},
                       {"tags", list(text())},
                       {"ulimits", ulimits()},
                       {"platforms", list(text())}});
  made.accepts |= kString;
  made.joins = Joins::Build;
  made.lengthen = [](const Json& value, const std::string&) {
    return value.is_string() ? Json(JsonObject{{"context", value}}) : value;
  };
  made.complete = [](JsonObject& value) { value.emplace("context", "."); };
  return made;
}

}  // namespace berth::compose
