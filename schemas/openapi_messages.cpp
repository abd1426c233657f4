// SPDX-License-Identifier: Apache-2.0
#include "schemas/openapi_messages.hpp"

#include "base/status.hpp"

namespace berth::schemas {

using base::Json;

namespace {

bool is_reference(const Json& value) { return value.as_object().contains("$ref"); }

Arm scalar_arm(const Json&) { return {1}; }

// Messages that both versions have alike.
constexpr Field kStringArrayFields[] = {{"", 1, Wire::Texts}};
const Message kStringArray{kStringArrayFields, 0, 0, nullptr, scalar_arm};
const Message kSecurityRequirement{{}, 0, 1, &kStringArray};

namespace v2 {

extern const Message kSchema;

Arm choose_schema_or_flag(const Json& value) { return value.is_bool() ? Arm{2} : Arm{1, &kSchema}; }
Arm choose_schema(const Json&) { return {1, &kSchema}; }

const Message kAdditionalProperties{{}, 0, 0, nullptr, choose_schema_or_flag};
const Message kItems{{}, 0, 0, nullptr, choose_schema};
const Message kType{{}, 0, 0, nullptr, scalar_arm};
const Message kProperties{{}, 0, 1, &kSchema};

constexpr Field kSchemaFields[] = {{"$ref", 1, Wire::Text},
                                   {"format", 2, Wire::Text},
                                   {"description", 4, Wire::Text},
                                   {"default", 5, Wire::Any},
                                   {"maximum", 7, Wire::Number},
                                   {"minimum", 9, Wire::Number},
                                   {"maxLength", 11, Wire::Integer},
                                   {"minLength", 12, Wire::Integer},
                                   {"pattern", 13, Wire::Text},
                                   {"maxItems", 14, Wire::Integer},
                                   {"minItems", 15, Wire::Integer},
                                   {"required", 19, Wire::Texts},
                                   {"enum", 20, Wire::Anys},
                                   {"additionalProperties", 21, Wire::One, &kAdditionalProperties},
                                   {"type", 22, Wire::One, &kType},
                                   {"items", 23, Wire::One, &kItems},
                                   {"properties", 25, Wire::One, &kProperties}};
const Message kSchema{kSchemaFields, 31};

constexpr Field kBodyFields[] = {{"description", 1, Wire::Text},
                                 {"name", 2, Wire::Text},
                                 {"in", 3, Wire::Text},
                                 {"required", 4, Wire::Flag},
                                 {"schema", 5, Wire::One, &kSchema}};
const Message kBody{kBodyFields, 6};
constexpr Field kQueryFields[] = {{"required", 1, Wire::Flag},
                                  {"in", 2, Wire::Text},
                                  {"description", 3, Wire::Text},
                                  {"name", 4, Wire::Text},
                                  {"type", 6, Wire::Text}};
const Message kQuery{kQueryFields, 23};
constexpr Field kPathFields[] = {{"required", 1, Wire::Flag},
                                 {"in", 2, Wire::Text},
                                 {"description", 3, Wire::Text},
                                 {"name", 4, Wire::Text},
                                 {"type", 5, Wire::Text}};
const Message kPath{kPathFields, 22};

Arm choose_place(const Json& value) {
  const std::string_view place = base::string_at(value, "in");
  if (place == "query") return {3, &kQuery};
  if (place == "path") return {4, &kPath};
  throw base::internal_error("no protobuf message for a parameter in " + std::string(place));
}
const Message kNonBody{{}, 0, 0, nullptr, choose_place};
Arm choose_body(const Json& value) {
  return base::string_at(value, "in") == "body" ? Arm{1, &kBody} : Arm{2, &kNonBody};
}
const Message kParameter{{}, 0, 0, nullptr, choose_body};
Arm choose_parameter(const Json&) { return {1, &kParameter}; }
const Message kParametersItem{{}, 0, 0, nullptr, choose_parameter};

const Message kSchemaItem{{}, 0, 0, nullptr, choose_schema};
constexpr Field kResponseFields[] = {{"description", 1, Wire::Text}, {"schema", 2, Wire::One, &kSchemaItem}};
const Message kResponse{kResponseFields, 5};
Arm choose_response(const Json&) { return {1, &kResponse}; }
const Message kResponseValue{{}, 0, 0, nullptr, choose_response};
const Message kResponses{{}, 2, 1, &kResponseValue};

constexpr Field kOperationFields[] = {{"tags", 1, Wire::Texts},
                                      {"description", 3, Wire::Text},
                                      {"operationId", 5, Wire::Text},
                                      {"produces", 6, Wire::Texts},
                                      {"consumes", 7, Wire::Texts},
                                      {"parameters", 8, Wire::Many, &kParametersItem},
                                      {"responses", 9, Wire::One, &kResponses},
                                      {"schemes", 10, Wire::Texts}};
const Message kOperation{kOperationFields, 13};
constexpr Field kPathItemFields[] = {
    {"get", 2, Wire::One, &kOperation},   {"put", 3, Wire::One, &kOperation},
    {"post", 4, Wire::One, &kOperation},  {"delete", 5, Wire::One, &kOperation},
    {"patch", 8, Wire::One, &kOperation}, {"parameters", 9, Wire::Many, &kParametersItem}};
const Message kPathItem{kPathItemFields, 10};

constexpr Field kApiKeyFields[] = {
    {"type", 1, Wire::Text}, {"name", 2, Wire::Text}, {"in", 3, Wire::Text}, {"description", 4, Wire::Text}};
const Message kApiKey{kApiKeyFields, 5};
Arm choose_security(const Json&) { return {2, &kApiKey}; }
const Message kSecurityItem{{}, 0, 0, nullptr, choose_security};
const Message kSecurityDefinitions{{}, 0, 1, &kSecurityItem};
constexpr Field kInfoFields[] = {{"title", 1, Wire::Text}, {"version", 2, Wire::Text}};
const Message kInfo{kInfoFields, 7};
constexpr Field kDocumentFields[] = {{"swagger", 1, Wire::Text},
                                     {"info", 2, Wire::One, &kInfo},
                                     {"security", 12, Wire::Many, &kSecurityRequirement},
                                     {"securityDefinitions", 13, Wire::One, &kSecurityDefinitions}};
const Message kDocument{kDocumentFields, 16};

}  // namespace v2

namespace v3 {

extern const Message kSchema;

constexpr Field kReferenceFields[] = {{"$ref", 1, Wire::Text}, {"description", 3, Wire::Text}};
const Message kReference{kReferenceFields};

Arm choose_schema(const Json& value) { return is_reference(value) ? Arm{2, &kReference} : Arm{1, &kSchema}; }
const Message kSchemaOrReference{{}, 0, 0, nullptr, choose_schema};
Arm choose_schema_or_flag(const Json& value) { return value.is_bool() ? Arm{2} : Arm{1, &kSchemaOrReference}; }
const Message kAdditionalProperties{{}, 0, 0, nullptr, choose_schema_or_flag};
Arm choose_items(const Json&) { return {1, &kSchemaOrReference}; }
const Message kItems{{}, 0, 0, nullptr, choose_items};
const Message kProperties{{}, 0, 1, &kSchemaOrReference};
// It has no place for an object or a list.
Arm choose_default(const Json& value) {
  if (value.is_number()) return {1};
  if (value.is_bool()) return {2};
  return value.is_string() ? Arm{3} : Arm{};
}
const Message kDefault{{}, 0, 0, nullptr, choose_default};

constexpr Field kSchemaFields[] = {{"maximum", 11, Wire::Number},
                                   {"minimum", 13, Wire::Number},
                                   {"maxLength", 15, Wire::Integer},
                                   {"minLength", 16, Wire::Integer},
                                   {"pattern", 17, Wire::Text},
                                   {"maxItems", 18, Wire::Integer},
                                   {"minItems", 19, Wire::Integer},
                                   {"required", 23, Wire::Texts},
                                   {"enum", 24, Wire::Anys},
                                   {"type", 25, Wire::Text},
                                   {"allOf", 26, Wire::Many, &kSchemaOrReference},
                                   {"anyOf", 28, Wire::Many, &kSchemaOrReference},
                                   {"items", 30, Wire::One, &kItems},
                                   {"properties", 31, Wire::One, &kProperties},
                                   {"additionalProperties", 32, Wire::One, &kAdditionalProperties},
                                   {"default", 33, Wire::One, &kDefault},
                                   {"description", 34, Wire::Text},
                                   {"format", 35, Wire::Text}};
const Message kSchema{kSchemaFields, 36};

constexpr Field kMediaTypeFields[] = {{"schema", 1, Wire::One, &kSchemaOrReference}};
const Message kMediaType{kMediaTypeFields, 5};
const Message kMediaTypes{{}, 0, 1, &kMediaType};
constexpr Field kParameterFields[] = {{"name", 1, Wire::Text},
                                      {"in", 2, Wire::Text},
                                      {"description", 3, Wire::Text},
                                      {"required", 4, Wire::Flag},
                                      {"schema", 10, Wire::One, &kSchemaOrReference}};
const Message kParameter{kParameterFields, 14};
Arm choose_parameter(const Json&) { return {1, &kParameter}; }
const Message kParameterOrReference{{}, 0, 0, nullptr, choose_parameter};
constexpr Field kBodyFields[] = {{"content", 2, Wire::One, &kMediaTypes}, {"required", 3, Wire::Flag}};
const Message kBody{kBodyFields, 4};
Arm choose_body(const Json&) { return {1, &kBody}; }
const Message kBodyOrReference{{}, 0, 0, nullptr, choose_body};
constexpr Field kResponseFields[] = {{"description", 1, Wire::Text}, {"content", 3, Wire::One, &kMediaTypes}};
const Message kResponse{kResponseFields, 5};
Arm choose_response(const Json&) { return {1, &kResponse}; }
const Message kResponseOrReference{{}, 0, 0, nullptr, choose_response};
const Message kResponses{{}, 3, 2, &kResponseOrReference};

constexpr Field kOperationFields[] = {{"tags", 1, Wire::Texts},
                                      {"description", 3, Wire::Text},
                                      {"operationId", 5, Wire::Text},
                                      {"parameters", 6, Wire::Many, &kParameterOrReference},
                                      {"requestBody", 7, Wire::One, &kBodyOrReference},
                                      {"responses", 8, Wire::One, &kResponses}};
const Message kOperation{kOperationFields, 13};
constexpr Field kPathItemFields[] = {
    {"get", 4, Wire::One, &kOperation},    {"put", 5, Wire::One, &kOperation},
    {"post", 6, Wire::One, &kOperation},   {"delete", 7, Wire::One, &kOperation},
    {"patch", 10, Wire::One, &kOperation}, {"parameters", 13, Wire::Many, &kParameterOrReference}};
const Message kPathItem{kPathItemFields, 14};

constexpr Field kSchemeFields[] = {
    {"type", 1, Wire::Text}, {"description", 2, Wire::Text}, {"name", 3, Wire::Text}, {"in", 4, Wire::Text}};
const Message kScheme{kSchemeFields, 9};
Arm choose_scheme(const Json&) { return {1, &kScheme}; }
const Message kSchemeOrReference{{}, 0, 0, nullptr, choose_scheme};
const Message kSchemes{{}, 0, 1, &kSchemeOrReference};
constexpr Field kComponentsFields[] = {{"securitySchemes", 7, Wire::One, &kSchemes}};
const Message kComponents{kComponentsFields, 10};
constexpr Field kInfoFields[] = {{"title", 1, Wire::Text}, {"version", 6, Wire::Text}};
const Message kInfo{kInfoFields, 7};
constexpr Field kDocumentFields[] = {{"openapi", 1, Wire::Text},
                                     {"info", 2, Wire::One, &kInfo},
                                     {"components", 5, Wire::One, &kComponents},
                                     {"security", 6, Wire::Many, &kSecurityRequirement}};
const Message kDocument{kDocumentFields, 9};

}  // namespace v3

}  // namespace

const OpenapiMessages& openapi_messages(OpenapiVersion version) {
  static const OpenapiMessages kV2{v2::kDocument, v2::kPathItem, v2::kSchema, 8, 2, 9};
  static const OpenapiMessages kV3{v3::kDocument, v3::kPathItem, v3::kSchemaOrReference, 4, 1, 1, 5};
  return version == OpenapiVersion::V2 ? kV2 : kV3;
}

}  // namespace berth::schemas
