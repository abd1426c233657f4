// SPDX-License-Identifier: Apache-2.0
// The file's own sections, and what services share with none: networks, volumes, configs, secrets, models.
// The source of all attributes and their types is the Compose Specification,
// https://github.com/compose-spec/compose-spec
#include "base/status.hpp"
#include "compose/long_form.hpp"
#include "compose/shapes.hpp"

namespace berth::compose {

namespace {

Shape external() {
  Shape made = object({{"name", text()}});
  made.kind = Kind::External;
  made.accepts = kBool | kString | kObject;
  return made;
}

Shape resource(std::vector<Field> fields) {
  fields.push_back({"name", text()});
  fields.push_back({"external", external()});
  fields.push_back({"labels", pairs(Kind::Labels)});
  Shape made = object(std::move(fields));
  made.lengthen = lengthen_external;
  return made;
}

Shape ipam() {
  Shape pool = object({{"subnet", text()}, {"ip_range", text()}, {"gateway", text()}, {"aux_addresses", map(text())}});
  return object(
      {{"driver", text()}, {"config", joined(list(std::move(pool)), Joins::Pools)}, {"options", map(text())}});
}

Shape network() {
  return nullable(resource({{"driver", text()},
                            {"driver_opts", options()},
                            {"ipam", ipam(), Shown::Always},
                            {"internal", boolean()},
                            {"enable_ipv4", boolean(), Shown::Given},
                            {"enable_ipv6", boolean(), Shown::Given},
                            {"attachable", boolean()}}));
}

Shape volume() {
  Shape made = nullable(resource({{"driver", text()}, {"driver_opts", options()}}));
  made.path = PathRule::VolumeOptions;
  return made;
}

Shape secret() {
  return resource({{"environment", text()},
                   {"file", path_text(PathRule::Unix)},
                   {"driver", text()},
                   {"driver_opts", options()},
                   {"template_driver", text()}});
}

Shape config() {
  return resource(
      {{"content", text()}, {"environment", text()}, {"file", path_text(PathRule::Unix)}, {"template_driver", text()}});
}

Shape model() {
  return object({{"name", text()},
                 {"model", text(), Shown::NotEmpty, true},
                 {"context_size", leaf(Kind::Int, kInteger)},
                 {"runtime_flags", list(text())}});
}

Shape include() {
  Shape made = object({{"path", text_or_list()}, {"env_file", text_or_list()}, {"project_directory", text()}});
  made.accepts |= kString;
  made.extensible = false;
  made.lengthen = [](const Json& value, const std::string&) {
    return value.is_string() ? Json(JsonObject{{"path", value}}) : value;
  };
  return made;
}

Shape schedule() {
  Shape made = object({{"cron", text(), Shown::NotEmpty, true},
                       {"timezone", text()},
                       {"concurrency", one_of({"forbid", "queue"})},
                       {"missed_fires", one_of({"one", "skip"})}});
  made.accepts |= kString;
  made.lengthen = [](const Json& value, const std::string&) {
    return value.is_string() ? Json(JsonObject{{"cron", value}}) : value;
  };
  return made;
}

Shape job() {
  std::vector<Field> fields = container_fields();
  for (Field& field : workload_fields()) fields.push_back(std::move(field));
  fields.push_back({"profiles", distinct_by(texts(), Sameness::Name)});
  fields.push_back(
      {"triggers", object({{"manual", boolean(), Shown::Given}, {"schedule", list(schedule())}}), Shown::Given, true});
  return object(std::move(fields));
}

Shape make_service() {
  std::vector<Field> fields = container_fields();
  for (Field& field : workload_fields()) fields.push_back(std::move(field));
  for (Field& field : service_fields()) fields.push_back(std::move(field));
  return object(std::move(fields));
}

Shape make_compose_file() {
  return object({{"version", text()},
                 {"name", text()},
                 {"include", list(include())},
                 {"services", named(make_service())},
                 {"jobs", named(job())},
                 {"models", named(model())},
                 {"networks", named(network())},
                 {"volumes", named(volume())},
                 {"secrets", named(secret())},
                 {"configs", named(config())}});
}

}  // namespace

const Shape& compose_file() {
  static const Shape shape = make_compose_file();
  return shape;
}

const Shape& service() { return compose_file().find("services")->shape.item.front(); }

}  // namespace berth::compose
