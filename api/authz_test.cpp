// SPDX-License-Identifier: Apache-2.0
#include "api/authz.hpp"

#include <gtest/gtest.h>

namespace berth::api {
namespace {

resources::Caller caller_in(std::string group) {
  resources::Caller caller;
  caller.user = "u";
  caller.groups = {std::move(group)};
  return caller;
}

std::string message_for(std::string_view method, std::string_view target) {
  const auto status = refusal(caller_in("dev"), read_request_info(method, target));
  if (!status) return "";
  EXPECT_EQ(status->reason(), base::Reason::Forbidden);
  return status->message();
}

TEST(Authz, MastersMayDoEverything) {
  EXPECT_FALSE(refusal(caller_in("system:masters"), read_request_info("DELETE", "/api/v1/namespaces/default")));
  EXPECT_TRUE(refusal(caller_in("system:master"), read_request_info("GET", "/api")));
}

TEST(Authz, OthersAreRefusedInUpstreamsWords) {
  EXPECT_EQ(message_for("GET", "/apis/berth.dev/v1/namespaces/n/containers/x"),
            "containers.berth.dev \"x\" is forbidden: User \"u\" cannot get resource \"containers\" in API group "
            "\"berth.dev\" in the namespace \"n\"");
  EXPECT_EQ(message_for("PATCH", "/apis/berth.dev/v1/hosts/h/status"),
            "hosts.berth.dev \"h\" is forbidden: User \"u\" cannot patch resource \"hosts/status\" in API group "
            "\"berth.dev\" at the cluster scope");
  EXPECT_EQ(
      message_for("GET", "/api/v1/secrets?watch=true"),
      "secrets is forbidden: User \"u\" cannot watch resource \"secrets\" in API group \"\" at the cluster scope");
  EXPECT_EQ(message_for("GET", "/apis?x=secret"), "forbidden: User \"u\" cannot get path \"/apis\"");
}

}  // namespace
}  // namespace berth::api
