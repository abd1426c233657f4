// SPDX-License-Identifier: Apache-2.0
#pragma once
// Kubernetes' resource.Quantity and Go's time.Duration, as strings in our schemas.
// https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace berth::schemas {

// "512Mi", "1G", "1e3", "128": bytes, exact. Nothing when malformed, negative, fractional or above int64.
std::optional<std::int64_t> parse_bytes(std::string_view text);
// "1.5", "500m": billionths of a CPU (the Engine's NanoCpus). Nothing when malformed or not positive.
std::optional<std::int64_t> parse_nano_cpus(std::string_view text);
// "10s", "1m30s", "0s", "500ms". Nothing when malformed or negative.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

}  // namespace berth::schemas
