// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"
#include "resources/object/sealing.hpp"
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using base::Reason;
using testing::refusal;

// What must never be seen outside, plain and in base64.
constexpr std::string_view kCanary = "canary-7f3a-hunter2";
const std::string kCanaryBase64 = base::to_base64(kCanary);

class SecretTest : public testing::ResourcesTest {
 protected:
  Written create_secret() {
    return create(secret, R"({"metadata":{"name":"s","annotations":{)"
                          R"("kubectl.kubernetes.io/last-applied-configuration":"{\"data\":{\"p\":\")" +
                              kCanaryBase64 + R"(\"}}"}},"data":{"p":")" + kCanaryBase64 + R"("}})");
  }
  static void expect_clean(const std::string& text, std::string_view where) {
    EXPECT_EQ(text.find(kCanary), std::string::npos) << where << ": " << text;
    EXPECT_EQ(text.find(kCanaryBase64), std::string::npos) << where << ": " << text;
  }
  void expect_clean_store() {
    for (const store::Entry& entry : store.list({}).entries) expect_clean(*entry.value, entry.key);
    for (const auto& write : store.written) {
      expect_clean(write.value.head + write.value.tail, "write");
      for (const auto& term : write.terms) expect_clean(term, "term");
    }
    for (const Json& record : audit()) expect_clean(base::to_canonical(record), "audit");
  }
};

TEST_F(SecretTest, IsSealedInTheStoreAndOpenToReaders) {
  const Written created = create_secret();
  const auto check = [&](const Json& object) {
    EXPECT_EQ(base::string_at(object, "data.p"), kCanaryBase64);
    EXPECT_EQ(base::string_at(object, "type"), "Opaque");
    EXPECT_NE(base::to_canonical(object.at("metadata").at("annotations")).find(kCanaryBase64), std::string::npos);
  };
  check(created.object.parse());
  check(live(secret, "s"));
  check(base::run(resources->list(secret, "default", {})).items.at(0).parse());
  EXPECT_EQ(*resources->get(secret, "default", "s").bytes, *created.object.bytes);
  const Json stored = base::parse_json(*store.get("/core/secrets/default/s")->value);
  EXPECT_TRUE(base::string_at(stored, "data").starts_with("berth:enc:v1:"));
  expect_clean_store();
}

TEST_F(SecretTest, NoVerbLeaksIt) {
  create_secret();
  merge(secret, "s", R"({"metadata":{"labels":{"a":"b"}}})");
  Json object = live(secret, "s");
  base::make_path(object, "data")["q"] = kCanaryBase64;
  update(secret, "s", object);
  base::run(resources->note_event(controller, secret, object, {EventNote::Type::Normal, "Noted", "a note"}));
  remove(secret, "s");
  expect_clean_store();
}

TEST_F(SecretTest, ErrorsDoNotShowIt) {
  const std::string bad = std::string(kCanary) + "!";
  const auto check = [](const base::Status& status) {
    expect_clean(status.what(), "message");
    for (const base::Cause& cause : status.details().causes) expect_clean(cause.message, cause.field);
  };
  check(refusal([&] { create(secret, R"({"metadata":{"name":"s"},"data":{"p":")" + bad + R"("}})"); }));
  check(refusal([&] { create(secret, R"({"metadata":{"name":"s"},"stringData":{"b/d":")" + bad + R"("}})"); }));
  check(refusal([&] { create(secret, R"({"metadata":{"name":"s"},"data":")" + bad + R"("})"); }));
  check(refusal([&] { create(secret, R"({"metadata":{"name":"s"},"data":["x",")" + bad + R"("]})"); }));
  create(secret, R"({"metadata":{"name":"s"},"immutable":true,"data":{"p":")" + kCanaryBase64 + R"("}})");
  check(refusal([&] { merge(secret, "s", R"({"data":{"p":"eA=="}})"); }));
  check(refusal([&] {
    merge(secret, "s", R"({"bogus":1,"stringData":{"p":")" + bad + R"("}})",
          {.field_validation = FieldValidation::Strict});
  }));
  check(refusal(
      [&] { json_patch(secret, "s", R"([{"op":"test","path":"/data/p","value":")" + kCanaryBase64 + R"(x"}])"); }));
}

TEST_F(SecretTest, ABoxOfAnotherPlaceDoesNotOpen) {
  create_secret();
  const std::string sealed = *store.get("/core/secrets/default/s")->value;
  Json moved = base::parse_json(sealed);
  EXPECT_THROW(open_object(secret, keys, "/core/secrets/default/other", moved), base::Status);
  Json reborn = base::parse_json(sealed);
  base::make_path(reborn, "metadata")["uid"] = "another";
  EXPECT_THROW(open_object(secret, keys, "/core/secrets/default/s", reborn), base::Status);
  Json same = base::parse_json(sealed);
  EXPECT_NO_THROW(open_object(secret, keys, "/core/secrets/default/s", same));
}

TEST_F(SecretTest, StringDataIsMergedAndNotReadBack) {
  const Json object =
      create(secret, R"({"metadata":{"name":"s"},"data":{"a":"b2xk","b":"b2xk"},"stringData":{"a":"new"}})")
          .object.parse();
  EXPECT_EQ(base::to_canonical(object.at("data")), R"({"a":"bmV3","b":"b2xk"})");
  EXPECT_FALSE(object.as_object().contains("stringData"));
  EXPECT_EQ(merge(secret, "s", R"({"stringData":{"a":"new"}})").outcome, Written::Outcome::Unchanged)
      << "the same value seals to other bytes, and is still the same";
  EXPECT_EQ(base::string_at(merge(secret, "s", R"({"stringData":{"c":"x"}})").object.parse(), "data.c"), "eA==");
}

TEST_F(SecretTest, IsValidated) {
  EXPECT_EQ(refusal([&] { create(secret, R"({"metadata":{"name":"s"},"data":{"p":"%%%"}})"); }).message(),
            "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte 0");
  EXPECT_EQ(refusal([&] { create(secret, R"({"metadata":{"name":"s"},"stringData":{"p":5}})"); }).reason(),
            Reason::BadRequest);
  EXPECT_EQ(store.commits, 0);
}

TEST_F(SecretTest, ImmutableStays) {
  create(secret, R"({"metadata":{"name":"s"},"immutable":true,"data":{"p":"eA=="}})");
  create(config_map, R"({"metadata":{"name":"c"},"immutable":true,"data":{"p":"x"}})");
  EXPECT_EQ(refusal([&] { merge(secret, "s", R"({"stringData":{"p":"y"}})"); }).reason(), Reason::Invalid);
  EXPECT_EQ(refusal([&] { merge(secret, "s", R"({"immutable":false})"); }).reason(), Reason::Invalid);
  EXPECT_EQ(refusal([&] { merge(config_map, "c", R"({"data":{"q":"y"}})"); }).reason(), Reason::Invalid);
  EXPECT_EQ(merge(secret, "s", R"({"metadata":{"labels":{"a":"b"}}})").outcome, Written::Outcome::Changed);
  EXPECT_EQ(refusal([&] { merge(secret, "s", R"({"type":"other/type"})"); }).reason(), Reason::Invalid);
}

TEST_F(SecretTest, IsOpenedForControllers) {
  create(secret, R"({"metadata":{"name":"s"},"stringData":{"p":"plain","a":"first"}})");
  EXPECT_EQ(resources->open_secret(controller, "default", "s", "p").reveal_for_engine(), "plain");
  const auto all = resources->open_secret_all(controller, "default", "s");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].first, "a");
  EXPECT_EQ(all[1].second.reveal_for_engine(), "plain");
  EXPECT_EQ(refusal([&] { resources->open_secret(controller, "default", "s", "q"); }).message(),
            "secrets \"s\" has no key \"q\"");
  EXPECT_EQ(refusal([&] { resources->open_secret(controller, "default", "t", "q"); }).message(),
            "secrets \"t\" not found");
}

TEST_F(SecretTest, WatchersReceiveItOpen) {
  create_secret();
  base::Loop loop("watch");
  std::vector<WatchEvent> seen;
  const auto take = [](Resources& from, const Kind& kind, base::Executor on,
                       std::vector<WatchEvent>& into) -> Task<void> {
    const auto watch = from.watch(kind, "default", {}, on);
    into = co_await watch->next_for(std::chrono::seconds(30));
  };
  loop.run_and_wait([&] { return take(*resources, secret, loop.executor(), seen); });
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(base::string_at(seen[0].object.parse(), "data.p"), kCanaryBase64);
}

TEST_F(SecretTest, IsLeftSealedForWhoOpensOneAtATime) {
  create_secret();
  const auto stored = store.get("/core/secrets/default/s");
  const std::string plain = *resources->get(secret, "default", "s").bytes;
  const ListPage page = base::run(resources->list(secret, "default", {.limit = 1, .leave_sealed = true}));
  EXPECT_TRUE(page.items.empty());
  ASSERT_EQ(page.sealed.size(), 1u);
  EXPECT_EQ(page.sealed[0].entry.value, stored->value) << "nothing is copied, nothing opened";
  EXPECT_EQ(resources->open(secret, page.sealed[0]).reveal_to_reader(), plain);
  create(config_map, R"({"metadata":{"name":"c"}})");
  EXPECT_EQ(base::run(resources->list(config_map, "default", {.leave_sealed = true})).items.size(), 1u);
  create(secret, R"({"metadata":{"name":"t"}})");
  const ListPage first = base::run(resources->list(secret, "default", {.limit = 1, .leave_sealed = true}));
  EXPECT_EQ(first.remaining, 1u);
  EXPECT_FALSE(first.continue_token.empty());
}

Task<void> collect_sealed(Resources& from, const Kind& kind, std::size_t count, std::vector<WatchEvent>& into) {
  const auto watch =
      from.watch(kind, "default", {.label_selector = "a=b", .leave_sealed = true}, co_await base::this_loop());
  while (into.size() < count) {
    for (WatchEvent& event : co_await watch->next_for(std::chrono::seconds(30))) into.push_back(std::move(event));
    if (into.size() == 1) {
      co_await from.patch({"alice", {"system:masters"}}, kind, "default", "s", Part::Main, PatchType::Merge,
                          testing::body_of(R"({"metadata":{"labels":{"a":"c"}}})"), {});
    }
  }
}

TEST_F(SecretTest, WatchersMayOpenItThemselves) {
  create_secret();
  merge(secret, "s", R"({"metadata":{"labels":{"a":"b"}}})");
  std::vector<WatchEvent> seen;
  base::run(collect_sealed(*resources, secret, 2, seen));
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1].type, WatchEventType::Deleted);
  for (const WatchEvent& event : seen) {
    EXPECT_EQ(event.object.bytes, nullptr);
    ASSERT_TRUE(event.sealed);
    expect_clean(*event.sealed->entry.value, "event");
    const SecretValue opened = resources->open(secret, *event.sealed);
    const Json object = base::parse_json(opened.reveal_to_reader());
    EXPECT_EQ(base::string_at(object, "data.p"), kCanaryBase64);
    EXPECT_EQ(base::string_at(object, "metadata.labels.a"), "b") << "the state before it left the selection";
    EXPECT_EQ(base::string_at(object, "metadata.resourceVersion"), std::to_string(event.sealed->revision));
  }
  EXPECT_EQ(seen[1].sealed->revision, store.revision());
}

TEST(SecretValue, MovesAndIsWiped) {
  SecretValue value("short");
  SecretValue other(std::string(100, 'x'));
  other = std::move(value);
  EXPECT_EQ(other.reveal_for_engine(), "short");
}

}  // namespace
}  // namespace berth::resources
