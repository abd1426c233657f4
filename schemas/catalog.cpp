// SPDX-License-Identifier: Apache-2.0
#include "schemas/catalog.hpp"

#include "base/status.hpp"
#include "schemas/declarations.hpp"
#include "schemas/schema.hpp"

namespace berth::schemas {

namespace {

std::vector<std::string> texts_at(const Json& node, std::string_view path) {
  std::vector<std::string> texts;
  const Json* list = base::find_path(node, path);
  if (!list) return texts;
  for (const Json& item : list->as_array()) texts.emplace_back(item.as_string());
  return texts;
}

std::vector<Subresource> read_subresources(const Json& declaration) {
  std::vector<Subresource> subresources;
  const Json* list = base::find_path(declaration, "x-berth-subresources");
  if (!list) return subresources;
  for (const Json& each : list->as_array()) {
    const auto text = [&each](std::string_view key) { return std::string(base::string_at(each, key)); };
    subresources.push_back({text("name"), text("group"), text("version"), text("kind"), texts_at(each, "verbs")});
  }
  return subresources;
}

std::string text_at(const Json& node, std::string_view path) { return std::string(base::string_at(node, path)); }

Column read_column(const Json& node) {
  Column column{text_at(node, "name"),         text_at(node, "type"),
                text_at(node, "format"),       text_at(node, "description"),
                text_at(node, "jsonPath"),     static_cast<std::int32_t>(base::int_at(node, "priority")),
                text_at(node, "x-berth-cell"), {}};
  for (std::string_view rest = column.json_path; !rest.empty();) {
    const std::size_t bar = rest.find('|');
    column.paths.emplace_back(rest.substr(0, bar));
    rest = bar == std::string_view::npos ? "" : rest.substr(bar + 1);
  }
  return column;
}

Kind read_kind(const Json& declaration) {
  const Json& version = declaration.at("spec").at("versions").at(0);
  Kind kind;
  kind.group = text_at(declaration, "spec.group");
  kind.version = text_at(version, "name");
  kind.kind = text_at(declaration, "spec.names.kind");
  kind.list_kind = text_at(declaration, "spec.names.listKind");
  kind.plural = text_at(declaration, "spec.names.plural");
  kind.singular = text_at(declaration, "spec.names.singular");
  kind.short_names = texts_at(declaration, "spec.names.shortNames");
  kind.categories = texts_at(declaration, "spec.names.categories");
  kind.namespaced = text_at(declaration, "spec.scope") == "Namespaced";
  kind.has_status = base::find_path(version, "subresources.status") != nullptr;
  kind.built_in = base::bool_at(declaration, "x-berth-built-in");
  kind.verbs = {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"};
  if (base::find_path(declaration, "x-berth-verbs")) kind.verbs = texts_at(declaration, "x-berth-verbs");
  kind.subresources = read_subresources(declaration);
  kind.answered = base::bool_at(declaration, "x-berth-answered");
  kind.read_through = base::bool_at(declaration, "x-berth-read-through");
  kind.finalizers = texts_at(declaration, "x-berth-finalizers");
  kind.revision = static_cast<std::uint32_t>(base::int_at(declaration, "x-berth-revision", 1));
  kind.whole_table = base::bool_at(declaration, "x-berth-whole-table");
  for (const Json& column : version.at("additionalPrinterColumns").as_array()) {
    kind.columns.push_back(read_column(column));
  }
  return kind;
}

std::unique_ptr<KindMarks> read_marks(const Json& declaration, const Json* not_served, const Schema& root) {
  auto marks = std::make_unique<KindMarks>();
  const std::string_view format = base::string_at(declaration, "x-berth-name-format");
  marks->name_format = find_format(format.empty() ? "dns-subdomain" : format);
  if (!marks->name_format) throw base::internal_error("unknown x-berth-name-format " + std::string(format));
  for (const Property& property : root.properties) {
    if (property.schema->sealed) marks->sealed_fields.push_back(property.name);
  }
  if (not_served) {
    for (const Json& row : not_served->as_array()) {
      marks->not_served.push_back({ValuePath(base::string_at(row, "path")), texts_at(row, "values")});
    }
  }
  return marks;
}

void resolve_refs(Schema& schema, const std::vector<Kind>& kinds) {
  if (schema.ref) {
    for (const Kind& kind : kinds) {
      if (kind.kind == schema.ref->kind) schema.ref->cluster_scoped = !kind.namespaced;
    }
  }
  for (Property& property : schema.properties) resolve_refs(*property.schema, kinds);
  if (schema.items) resolve_refs(*schema.items, kinds);
}

}  // namespace

class CatalogBuilder {
 public:
  static Catalog build() {
    const Json text = base::parse_json(declarations());
    const Json* not_served = base::find_path(text, "not_served");
    Catalog catalog;
    std::vector<std::shared_ptr<Schema>> roots;
    for (const Json& declaration : text.at("kinds").as_array()) {
      Kind kind = read_kind(declaration);
      const Json& version = declaration.at("spec").at("versions").at(0);
      std::shared_ptr<Schema> root =
          read_root_schema(version.at("schema").at("openAPIV3Schema"), kind.kind, text.at("object_meta"));
      root->marks = read_marks(declaration, base::find_path(*not_served, kind.kind), *root);
      kind.schema = root.get();
      catalog.kinds_.push_back(std::move(kind));
      roots.push_back(std::move(root));
    }
    for (const auto& root : roots) resolve_refs(*root, catalog.kinds_);
    catalog.schemas_.assign(roots.begin(), roots.end());
    return catalog;
  }
};

const Catalog& Catalog::instance() {
  static const Catalog kCatalog = CatalogBuilder::build();
  return kCatalog;
}

const Kind* Catalog::find(std::string_view group, std::string_view version, std::string_view plural) const {
  for (const Kind& kind : kinds_) {
    if (kind.plural == plural && kind.version == version && kind.group == group) return &kind;
  }
  return nullptr;
}

const Kind* Catalog::find_kind(std::string_view api_version, std::string_view kind) const {
  const std::size_t slash = api_version.find('/');
  const std::string_view group = slash == std::string_view::npos ? "" : api_version.substr(0, slash);
  const std::string_view version = slash == std::string_view::npos ? api_version : api_version.substr(slash + 1);
  for (const Kind& known : kinds_) {
    if (known.kind == kind && known.version == version && known.group == group) return &known;
  }
  return nullptr;
}

const Kind& Catalog::by_name(std::string_view kind) const {
  for (const Kind& known : kinds_) {
    if (known.kind == kind) return known;
  }
  throw base::internal_error("no kind " + std::string(kind));
}

}  // namespace berth::schemas
