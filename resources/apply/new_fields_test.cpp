// SPDX-License-Identifier: Apache-2.0
#include "resources/apply/new_fields.hpp"

#include <gtest/gtest.h>

#include "resources/apply/managed_write.hpp"

namespace berth::resources {
namespace {

TEST(NewFields, AreWhatTheWholeComparisonFinds) {
  const FieldWriter writer{"kubectl \"create\"", Part::Main, base::WallTime(std::chrono::seconds(1767225600))};
  for (const char* text : {
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"b"}})",
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","labels":{"b/c":"1","a":"2"},
               "annotations":{},"finalizers":["z/z","a/a"],"ownerReferences":[{"uid":"u2","name":"x"},{"uid":"u1"}]},
               "data":{"z":"1","a.b":"","\u00e9\"":"q"},"binaryData":null,"immutable":false})",
           R"({"apiVersion":"v1","kind":"Secret","metadata":{"generateName":"a-"},"data":{},"type":"Opaque"})",
           R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a"},
               "spec":{"leaseTransitions":0,"holderIdentity":"me"}})",
           R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a"},"spec":{}})",
           R"({"apiVersion":"v1","kind":"Event","metadata":{"name":"a","labels":{"a":"b"}},"series":{"count":1},
               "involvedObject":{"name":"b"},"source":{"component":"c","unknown":1},"type":"Normal"})",
           R"({"apiVersion":"v1","kind":"Event","metadata":{"name":"a"},"source":{"unknown":1},"reason":"b"})",
           R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"},"status":{"phase":"Active"}})",
           R"({"apiVersion":"berth.dev/v1","kind":"Container","metadata":{"name":"a","uid":"u"},"spec":{
               "host":"local","image":"web:1","command":["a"],"env":[{"name":"B","value":"1"},{"name":"A"},
               {"name":"A","value":"2"},{"value":"lost"}],"expose":["80","80","81"],"files":[],"unknown":{"a":1},
               "mounts":[{"type":"Tmpfs","target":"/t"}],"labels":{"x":"y"},"resources":{"memory":"64Mi"},
               "update":{"order":"StopFirst"},"ports":[{"containerPort":80}],"networks":null},"status":{"phase":"x"}})",
           R"({"apiVersion":"berth.dev/v1","kind":"Host","metadata":{"name":"a"},"spec":{"local":{}}})",
       }) {
    const Json object = base::parse_json(text);
    const Kind& kind = schemas::Catalog::instance().by_name(base::string_at(object, "kind"));
    const std::string written = managed_text_of_new(kind, object, writer);
    EXPECT_EQ(written, managed_at_creation(kind, object, std::nullopt, writer).text()) << text;
    if (!written.empty()) EXPECT_NO_THROW(base::parse_json(written)) << written;
  }
}

}  // namespace
}  // namespace berth::resources
