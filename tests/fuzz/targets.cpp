// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>

#include "api/request_info.hpp"
#include "base/http_head.hpp"
#include "base/json.hpp"
#include "base/yaml.hpp"
#include "compose/expand.hpp"
#include "docker/image_reference.hpp"
#include "docker/json_splitter.hpp"
#include "docker/registry_challenge.hpp"
#include "docker/ssh_algorithms.hpp"
#include "docker/ssh_host_key.hpp"
#include "docker/ssh_identity.hpp"
#include "resources/apply/field_writer.hpp"
#include "resources/apply/patch.hpp"
#include "resources/apply/strategic_patch.hpp"
#include "resources/audit/audit.hpp"
#include "resources/audit/audit_filter.hpp"
#include "resources/audit/audit_record_text.hpp"
#include "resources/request/continue_token.hpp"
#include "resources/request/selector.hpp"
#include "schemas/admit.hpp"
#include "schemas/formats.hpp"
#include "schemas/protobuf_body.hpp"
#include "tests/fuzz/target.hpp"

namespace berth::fuzz {

void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", property);
  std::abort();
}

void fuzz_json(std::string_view bytes) {
  expect_no_crash([bytes] {
    const base::Json value = base::parse_json(bytes);
    const std::string written = base::to_canonical(value);
    require(base::to_canonical(base::parse_json(written)) == written, "canonical JSON reads back as itself");
  });
}

void fuzz_yaml(std::string_view bytes) {
  expect_no_crash([bytes] {
    for (const base::YamlDocument& document : base::parse_yaml(bytes)) {
      const base::Json again = base::parse_one_yaml(base::to_yaml(document.value)).value;
      require(base::json_equal(again, document.value), "written YAML reads back as itself");
    }
  });
}

void fuzz_http_head(std::string_view bytes) {
  expect_no_crash([bytes] {
    base::HeadScanner scanner;
    const auto size = scanner.scan(bytes, 64 * 1024);
    if (!size) return;
    const base::RequestHead head = base::parse_request_head(bytes.substr(0, *size));
    require(head.request.target.find_first_of("\r\n ") == std::string::npos, "a target holds no white space");
  });
}

void fuzz_request_path(std::string_view bytes) {
  expect_no_crash([bytes] {
    const api::RequestInfo info = api::read_request_info("GET", bytes);
    require(info.name.find('/') == std::string::npos, "a name holds no slash");
    require(info.ns != "..", "no namespace climbs");
  });
}

void fuzz_selector(std::string_view bytes) {
  expect_no_crash([bytes] {
    const auto& kind = schemas::Catalog::instance().by_name("Container");
    const auto line = std::min(bytes.find('\n'), bytes.size());
    resources::Selector::parse(kind, bytes.substr(0, line), bytes.substr(std::min(line + 1, bytes.size())));
  });
}

// A stack: the compose file, then other files, each after a line "--- name".
void fuzz_compose(std::string_view bytes) {
  compose::Sources sources;
  sources.compose_files = {"compose.yaml"};
  sources.env = {{"TAG", "1"}, {"EMPTY", ""}};
  sources.secrets = {{"PASSWORD", "hunter2"}};
  const bool spells_it = bytes.find("hunter2") != std::string_view::npos;
  std::string name = "compose.yaml";
  while (!bytes.empty()) {
    const auto line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    if (line.starts_with("--- ")) {
      name = line.substr(4);
    } else {
      sources.files[name].append(line).append("\n");
    }
  }
  const compose::Expansion made = compose::expand(sources, {.stack = "s", .host = "local"});
  require(made.errors.empty() || made.objects.empty(), "a stack with errors stands for nothing");
  for (const base::Json& object : made.objects) {
    const std::string text = base::to_canonical(object);
    require(spells_it || text.find("hunter2") == std::string::npos, "no secret in the open");
    require(!base::string_at(object, "metadata.name").empty(), "an object has a name");
  }
}

// The first line is the target, the rest the patch.
void fuzz_patch(std::string_view bytes) {
  const auto line = std::min(bytes.find('\n'), bytes.size());
  const auto rest = bytes.substr(std::min(line + 1, bytes.size()));
  expect_no_crash([&] {
    const base::Json target = base::parse_json(bytes.substr(0, line));
    const base::Json patch = base::parse_json(rest);
    if (patch.is_array()) {
      resources::apply_json_patch(target, patch);
      return;
    }
    if (target.is_object()) {
      resources::apply_strategic_patch(target, patch, schemas::Catalog::instance().by_name("ConfigMap"));
    }
    const base::Json once = resources::apply_merge_patch(target, patch);
    require(base::json_equal(resources::apply_merge_patch(once, patch), once), "a merge patch applies twice as once");
  });
}

// The first line is the live object, the rest the configuration.
void fuzz_apply(std::string_view bytes) {
  const auto line = std::min(bytes.find('\n'), bytes.size());
  const auto rest = bytes.substr(std::min(line + 1, bytes.size()));
  expect_no_crash([&] {
    const auto& kind = schemas::Catalog::instance().by_name("Container");
    base::Json live = base::parse_json(bytes.substr(0, line));
    base::Json configuration = base::parse_json(rest);
    if (!live.is_object() || !configuration.is_object()) return;
    schemas::prune(kind, live);
    schemas::prune(kind, configuration);
    const resources::FieldWriter writer{"kubectl", resources::Part::Main, {}};
    const resources::Applied applied = resources::apply_configuration(
        kind, live, configuration, resources::managed_before(live, nullptr), writer, resources::OnConflict::Force);
    const std::string written = applied.managed.text();
    if (written.empty()) return;
    const auto again = resources::ManagedFields::read(base::parse_json(written));
    require(again && again->text() == written, "managedFields read back as themselves");
  });
}

void fuzz_admission(std::string_view bytes) {
  expect_no_crash([bytes] {
    const auto& kind = schemas::Catalog::instance().by_name("Container");
    base::Json object = base::parse_json(bytes);
    if (!object.is_object()) return;
    schemas::prune(kind, object);
    schemas::apply_defaults(kind, object);
    const base::Json once = object;
    require(schemas::prune(kind, object).empty(), "nothing is pruned twice");
    schemas::apply_defaults(kind, object);
    require(base::json_equal(once, object), "defaults are filled in once");
    if (schemas::validate(kind, object).empty()) schemas::references(kind, object);
  });
}

void fuzz_engine_stream(std::string_view bytes) {
  expect_no_crash([bytes] {
    docker::JsonSplitter splitter;
    const std::size_t half = bytes.size() / 2;
    splitter.feed(bytes.substr(0, half));
    while (splitter.next()) continue;
    splitter.feed(bytes.substr(half));
    while (splitter.next()) continue;
  });
}

void fuzz_protobuf(std::string_view bytes) {
  expect_no_crash([bytes] {
    const std::string read = base::to_canonical(schemas::read_protobuf_body(bytes));
    require(base::to_canonical(base::parse_json(read, {.max_bytes = read.size(), .max_depth = 256})) == read,
            "a body that is read is an object like any other");
  });
}

void fuzz_continue_token(std::string_view bytes) {
  expect_no_crash([bytes] {
    const resources::ContinueToken token = resources::ContinueToken::decode(bytes);
    require(!token.last.starts_with("../") && token.last.find("/../") == std::string::npos && token.last.front() != '/',
            "no token leads out of its list");
    const resources::ContinueToken again = resources::ContinueToken::decode(token.encode());
    require(again.last == token.last && again.revision == token.revision, "a token reads back as itself");
  });
}

// The first line is a field selector, the rest a record: as it lies in the journal, or as it was exported.
void fuzz_audit_record(std::string_view bytes) {
  const auto line = std::min(bytes.find('\n'), bytes.size());
  const auto rest = bytes.substr(std::min(line + 1, bytes.size()));
  expect_no_crash([&] { resources::AuditFilter::parse("", bytes.substr(0, line)).matches(1, rest); });
  expect_no_crash([rest] { resources::action_mark(1, rest); });
  expect_no_crash([rest] {
    const resources::Object shown = resources::shown_record({1, 2, std::string(rest), std::string(32, 'm'), ""});
    require(shown.parse().is_object(), "whatever lies in the journal is shown as an object");
  });
  expect_no_crash([rest] {
    store::JournalRecord record = resources::parse_shown_record(rest);
    const store::JournalRecord again = resources::parse_shown_record(*resources::shown_record(record).bytes);
    require(again.bytes == record.bytes && again.mac == record.mac && again.previous == record.previous &&
                again.sequence == record.sequence && again.revision == record.revision,
            "an exported record reads back as itself");
  });
}

// What an SSH server says before it has proved who it is, and texts of keys.
void fuzz_ssh(std::string_view bytes) {
  const docker::SshGreeting greeting = docker::read_greeting(bytes);
  for (const char c : greeting.version + greeting.text) require(c >= ' ' && c <= '~', "a greeting is shown printable");
  if (greeting.offers) docker::describe_mismatch(*greeting.offers);
  docker::kind_of_private_key(bytes);
  expect_no_crash([bytes] {
    const docker::SshHostKey key = docker::host_key_from_line(bytes);
    require(docker::host_key_from_line(key.line()) == key, "a written host key reads back as itself");
  });
}

// What a registry answers before it is trusted, and the references that say which registry it is.
void fuzz_registry(std::string_view bytes) {
  for (const docker::RegistryChallenge& challenge : docker::parse_challenges(bytes)) {
    require(!challenge.scheme.empty(), "a challenge has a scheme");
    docker::parse_web_address(challenge.value("realm"));
  }
  if (const auto address = docker::parse_web_address(bytes)) {
    const std::string all = address->host + address->target + address->authority();
    for (const char c : all) require(c > ' ' && c != '\x7f', "nothing of an address splits a request's head");
    require(address->host.find_first_of("/@?#") == std::string::npos, "a host is no more than a host");
    require(address->target.starts_with('/') && address->port != 0, "an address has a path and a port");
  }
  if (!schemas::check_image(bytes).empty()) return;
  const std::string registry = docker::registry_of(bytes);
  require(docker::registry_name(registry) == registry, "a registry has one name");
  const docker::ImageReference reference = docker::parse_image_reference(bytes);
  const std::string sent = reference.repository + reference.tag_or_digest();
  require(sent.find_first_of(" \r\n?&=%#\\") == std::string::npos && !sent.starts_with('-'),
          "a reference smuggles no option and no header");
}

}  // namespace berth::fuzz
