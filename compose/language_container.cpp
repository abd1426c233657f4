// SPDX-License-Identifier: Apache-2.0
// The attributes of whatever runs a container: services, jobs, hooks before a start.
#include "compose/long_form.hpp"
#include "compose/shapes.hpp"

namespace berth::compose {

namespace {

Shape between(Shape shape, std::int64_t least, std::int64_t most) {
  shape.least = least;
  shape.most = most;
  return shape;
}

bool is_pull_policy(std::string_view text) {
  for (const char* word : {"always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"}) {
    if (text == word) return true;
  }
  if (!text.starts_with("every_")) return false;
  text.remove_prefix(6);
  bool any = false;
  while (!text.empty()) {
    const std::size_t digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == text.npos || std::string_view("wdhms").find(text[digits]) == text.npos) return false;
    text.remove_prefix(digits + 1);
    any = true;
  }
  return any;
}

Shape block_io() {
  const auto limits = [](std::string_view what, std::string_view shown, Kind kind) {
    Shape limit = object({{"path", text(), Shown::Always, false, "Path"},
                          {what, leaf(kind, kInteger | kString), Shown::Always, false, shown}});
    limit.extensible = false;
    return list(std::move(limit));
  };
  Shape made = object({{"device_read_bps", limits("rate", "Rate", Kind::Bytes)},
                       {"device_read_iops", limits("rate", "Rate", Kind::Bytes)},
                       {"device_write_bps", limits("rate", "Rate", Kind::Bytes)},
                       {"device_write_iops", limits("rate", "Rate", Kind::Bytes)},
                       {"weight", integer()},
                       {"weight_device", limits("weight", "Weight", Kind::Int)}});
  made.extensible = false;
  return made;
}

Shape devices() {
  Shape item = object({{"source", text(), Shown::NotEmpty, true}, {"target", text()}, {"permissions", text()}});
  item.accepts |= kString;
  item.lengthen = lengthen_device;
  return distinct_by(list(std::move(item)), Sameness::Device);
}

Shape env_files() {
  Shape item = object({{"path", path_text(PathRule::Plain), Shown::NotEmpty, true},
                       {"format", text()},
                       {"required", leaf(Kind::Truth, kBool | kString)}});
  item.accepts |= kString;
  item.extensible = false;
  Shape made = distinct_by(joined(list(std::move(item)), Joins::AsList), Sameness::EnvFile);
  made.accepts |= kString;
  made.lengthen = lengthen_env_files;
  return made;
}

Shape label_files() {
  Shape made = joined(list(path_text(PathRule::Plain)), Joins::AsList);
  made.accepts |= kString;
  made.lengthen = text_or_list().lengthen;
  return made;
}

Shape networks() {
  Shape network = object({{"aliases", distinct_by(texts(), Sameness::Name)},
                          {"interface_name", text()},
                          {"ipv4_address", text()},
                          {"ipv6_address", text()},
                          {"link_local_ips", distinct_by(texts(), Sameness::Name)},
                          {"mac_address", text()},
                          {"driver_opts", options()},
                          {"priority", number()},
                          {"gw_priority", number()},
                          {"use_service_name_alias", boolean(), Shown::Given}});
  Shape made = joined(named(nullable(std::move(network))), Joins::AsMap);
  made.accepts |= kArray;
  made.distinct = true;
  made.lengthen = lengthen_names;
  return made;
}

Shape models() {
  Shape made = joined(map(nullable(object({{"endpoint_var", text()}, {"model_var", text()}}))), Joins::AsMap);
  made.accepts |= kArray;
  made.distinct = true;
  made.lengthen = lengthen_names;
  return made;
}

Shape mounts() {
  Shape bind = object({{"propagation", text()},
                       {"create_host_path", leaf(Kind::Truth, kBool | kString)},
                       {"recursive", one_of({"enabled", "disabled", "writable", "readonly"})},
                       {"selinux", one_of({"z", "Z"})}});
  bind.complete = [](JsonObject& value) { value.emplace("create_host_path", true); };
  Shape volume = object({{"labels", pairs(Kind::Labels)}, {"nocopy", boolean()}, {"subpath", text()}});
  Shape tmpfs = object({{"size", between(leaf(Kind::Bytes, kInteger | kString), 0, INT64_MAX)},
                        {"mode", leaf(Kind::Int, kNumber | kString)}});
  Shape item =
      object({{"type", one_of({"bind", "volume", "tmpfs", "cluster", "npipe", "image"}), Shown::NotEmpty, true},
              {"source", text()},
              {"target", text()},
              {"read_only", boolean()},
              {"consistency", text()},
              {"bind", std::move(bind), Shown::Given},
              {"volume", std::move(volume), Shown::Given},
              {"tmpfs", std::move(tmpfs), Shown::Given},
              {"image", object({{"subpath", text()}}), Shown::Given}});
  item.accepts |= kString;
  item.lengthen = lengthen_mount;
  item.path = PathRule::Mount;
  Shape made = distinct_by(list(std::move(item)), Sameness::Volume);
  made.distinct = true;
  return made;
}

std::vector<Field> resource_fields() {
  return {{"cpu_count", between(integer(), 0, INT64_MAX)},
          {"cpu_percent", between(leaf(Kind::Float, kInteger | kString), 0, 100)},
          {"cpu_shares", number()},
          {"cpu_quota", number()},
          {"cpu_period", number()},
          {"cpu_rt_period", number()},
          {"cpu_rt_runtime", number()},
          {"cpus", real()},
          {"cpuset", text()},
          {"mem_limit", bytes()},
          {"mem_reservation", leaf(Kind::Bytes, kInteger | kString)},
          {"mem_swappiness", leaf(Kind::Bytes, kInteger | kString)},
          {"memswap_limit", bytes()},
          {"oom_kill_disable", boolean()},
          {"oom_score_adj", between(integer(), -1000, 1000)},
          {"pids_limit", number()},
          {"shm_size", bytes()}};
}

std::vector<Field> network_fields() {
  return {{"dns", distinct_by(text_or_list(), Sameness::Name)},
          {"dns_opt", joined(distinct_by(texts(), Sameness::Name), Joins::AsList)},
          {"dns_search", distinct_by(text_or_list(), Sameness::Name)},
          {"domainname", text()},
          {"extra_hosts", hosts()},
          {"hostname", text()},
          {"mac_address", text()},
          {"network_mode", text()},
          {"networks", networks()}};
}

std::vector<Field> file_fields() {
  Shape secrets = distinct_by(file_grants(), Sameness::Secret);
  secrets.item.front().complete = [](JsonObject& grant) {
    const Json* source = grant.if_contains("source");
    if (source != nullptr && source->is_string()) {
      grant.emplace("target", "/run/secrets/" + std::string(source->get_string()));
    }
  };
  return {{"configs", distinct_by(file_grants(), Sameness::Config)},
          {"secrets", std::move(secrets)},
          {"env_file", env_files()},
          {"label_file", label_files()},
          {"storage_opt", options(kAnything)},
          {"tmpfs", distinct_by(text_or_list(), Sameness::Name)},
          {"volumes", mounts()},
          {"volumes_from", texts()}};
}

std::vector<Field> process_fields() {
  Shape pull_policy = fitting(is_pull_policy, "always, never, missing, build, refresh, daily, weekly or every_<time>");
  Shape credential = object({{"config", text()}, {"file", text()}, {"registry", text()}});
  Shape logging = object({{"driver", text()}, {"options", options(kString | kNumber | kNull)}});
  Shape groups = list(text_or_number());
  groups.distinct = true;
  return {{"annotations", pairs(Kind::Labels)},
          {"blkio_config", block_io(), Shown::Given},
          {"cap_add", distinct_by(texts(), Sameness::Name)},
          {"cap_drop", distinct_by(texts(), Sameness::Name)},
          {"cgroup", one_of({"host", "private"})},
          {"cgroup_parent", text()},
          {"command", command(), Shown::Always},
          {"credential_spec", std::move(credential), Shown::Given},
          {"device_cgroup_rules", texts()},
          {"devices", devices()},
          {"entrypoint", command(), Shown::Always},
          {"environment", pairs(Kind::Pairs)},
          {"gpus", device_requests()},
          {"group_add", std::move(groups)},
          {"image", text()},
          {"init", boolean(), Shown::Given},
          {"ipc", text()},
          {"isolation", text()},
          {"labels", pairs(Kind::Labels)},
          {"logging", joined(std::move(logging), Joins::Logging), Shown::Given},
          {"models", models()},
          {"pid", nullable(text())},
          {"platform", text()},
          {"privileged", boolean()},
          {"pull_policy", std::move(pull_policy)},
          {"pull_refresh_after", text()},
          {"read_only", boolean()},
          {"runtime", text()},
          {"security_opt", texts()},
          {"stop_grace_period", duration(), Shown::Given},
          {"stop_signal", text()},
          {"sysctls", pairs(Kind::Labels)},
          {"ulimits", ulimits()},
          {"umask", between(nullable(integer()), 0, UINT32_MAX), Shown::Given},
          {"use_api_socket", leaf(Kind::Bool, kBool)},
          {"user", text()},
          {"userns_mode", text()},
          {"uts", text()},
          {"working_dir", text()}};
}

}  // namespace

std::vector<Field> container_fields() {
  std::vector<Field> fields = process_fields();
  for (auto* part : {&resource_fields, &network_fields, &file_fields}) {
    for (Field& field : part()) fields.push_back(std::move(field));
  }
  return fields;
}

Shape file_grants() {
  Shape item = object({{"source", text()},
                       {"target", text()},
                       {"uid", text()},
                       {"gid", text()},
                       {"mode", leaf(Kind::FileMode, kNumber | kString), Shown::Given}});
  item.accepts |= kString;
  item.lengthen = lengthen_grant;
  return list(std::move(item));
}

Shape ulimits() {
  Shape limit = object({{"soft", integer(), Shown::NotEmpty, true}, {"hard", integer(), Shown::NotEmpty, true}});
  limit.kind = Kind::Ulimit;
  limit.accepts = kInteger | kString | kObject;
  limit.joins = Joins::Ulimit;
  return map(std::move(limit));
}

}  // namespace berth::compose
