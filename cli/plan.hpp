// SPDX-License-Identifier: Apache-2.0
#pragma once
// What would be done for an object if it were declared so: the server's plan, which writes nothing.
#include <string>
#include <string_view>
#include <vector>

#include "cli/session.hpp"

namespace berth::cli {

struct PlanOptions {
  std::vector<std::string> files;
  Folders folders = Folders::Flat;
  std::string manager = "berth";
  std::string output;  // "", yaml, json
};
// 0 when there is nothing to do, 1 when there is something; errors are the caller's 2.
Task<int> run_plan(Session& session, PlanOptions options);

// The plan of an apply of `wanted` under this manager: an object, or a v1 List of it and of what is applied before it.
Task<Json> ask_plan(Session& session, Address address, Json wanted, std::string manager);

// Whether something would be done, or would not be accepted.
bool plans_something(const Json& plan);

// A Container or a ComposeStack: other kinds have no plan.
bool has_plan(const Resource& resource);

}  // namespace berth::cli
