// SPDX-License-Identifier: Apache-2.0
#pragma once
// A fuzz target: eats any bytes, throws nothing but a base::Status (which it catches), and holds what it says below.
// Each lives in a file of its own, as `run`; fuzz.cpp makes a libFuzzer binary of one, corpus_test.cpp runs all over
// their corpora.
#include <string_view>

#include "base/status.hpp"

namespace berth::fuzz {

using Target = void (*)(std::string_view);

void fuzz_json(std::string_view bytes);
void fuzz_yaml(std::string_view bytes);
void fuzz_http_head(std::string_view bytes);
void fuzz_request_path(std::string_view bytes);
void fuzz_selector(std::string_view bytes);
void fuzz_compose(std::string_view bytes);
void fuzz_patch(std::string_view bytes);
void fuzz_apply(std::string_view bytes);
void fuzz_admission(std::string_view bytes);
void fuzz_engine_stream(std::string_view bytes);
void fuzz_protobuf(std::string_view bytes);
void fuzz_continue_token(std::string_view bytes);
void fuzz_audit_record(std::string_view bytes);
void fuzz_ssh(std::string_view bytes);
void fuzz_registry(std::string_view bytes);

struct Named {
  const char* name;
  Target target;
};
inline constexpr Named kTargets[] = {
    {"json", fuzz_json},
    {"yaml", fuzz_yaml},
    {"http_head", fuzz_http_head},
    {"request_path", fuzz_request_path},
    {"selector", fuzz_selector},
    {"patch", fuzz_patch},
    {"admission", fuzz_admission},
    {"engine_stream", fuzz_engine_stream},
    {"protobuf", fuzz_protobuf},
    {"continue_token", fuzz_continue_token},
    {"compose", fuzz_compose},
    {"apply", fuzz_apply},
    {"audit_record", fuzz_audit_record},
    {"ssh", fuzz_ssh},
    {"registry", fuzz_registry},
};

// Runs `parse`, and lets a Status be an answer like any other.
template <class Parse>
void expect_no_crash(Parse parse) {
  try {
    parse();
  } catch (const base::Status&) {
  }
}

// A property does not hold: ends the process, which is what a fuzzer looks for.
void require(bool holds, const char* property);

}  // namespace berth::fuzz
