// SPDX-License-Identifier: Apache-2.0
#pragma once
// Kubernetes' own names, with upstream's words.
// https://pkg.go.dev/k8s.io/apimachinery/pkg/util/validation
#include <string_view>

namespace berth::schemas {

std::string_view check_dns_label(std::string_view text);
std::string_view check_dns_subdomain(std::string_view text);
std::string_view check_name_prefix(std::string_view text);
// "app.kubernetes.io/name": label keys, annotation keys, finalizers.
std::string_view check_qualified_name(std::string_view text);
// A name that may stand in a path: the RBAC kinds' names, such as "system:basic-user".
std::string_view check_path_segment(std::string_view text);
std::string_view check_label_value(std::string_view text);
std::string_view check_data_key(std::string_view text);
std::string_view check_env_name(std::string_view text);

}  // namespace berth::schemas
