// SPDX-License-Identifier: Apache-2.0
#include <future>

#include "base/crypto.hpp"
#include "resources/request/continue_token.hpp"
#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using base::Reason;
using testing::refusal;
using namespace std::chrono_literals;

class ReadTest : public testing::ResourcesTest {
 protected:
  Written create_map(const std::string& name, const std::string& labels = "{}", std::string ns = "default") {
    return create(config_map, R"({"metadata":{"name":")" + name + R"(","labels":)" + labels + "}}", {}, std::move(ns));
  }
  ListPage list(ListOptions options = {}, std::string ns = "") {
    return base::run(resources->list(config_map, std::move(ns), std::move(options)));
  }
  static std::vector<std::string> names(const ListPage& page) {
    std::vector<std::string> found;
    for (const Object& item : page.items) {
      const Json object = item.parse();
      found.push_back(std::string(base::string_at(object, "metadata.namespace")) + "/" +
                      std::string(base::string_at(object, "metadata.name")));
    }
    return found;
  }
  using Names = std::vector<std::string>;
};

TEST_F(ReadTest, ListsInKeyOrderAtOneRevision) {
  create(ns_kind, R"({"metadata":{"name":"a-team"}})", {}, "");
  create_map("b");
  create_map("a");
  create_map("z", "{}", "a-team");
  const ListPage page = list();
  EXPECT_EQ(names(page), (Names{"a-team/z", "default/a", "default/b"}));
  EXPECT_EQ(page.revision, store.revision());
  EXPECT_EQ(names(list({}, "default")), (Names{"default/a", "default/b"}));
  EXPECT_EQ(names(list({}, "a")), Names{}) << "a namespace is no prefix";
}

TEST_F(ReadTest, SelectorsUseThePostings) {
  create_map("a", R"({"app":"web","tier":"front"})");
  create_map("b", R"({"app":"web"})");
  create_map("c");
  forget();
  EXPECT_EQ(names(list({.label_selector = "app=web"})), (Names{"default/a", "default/b"}));
  EXPECT_EQ(store.listed.back().terms, (std::vector<std::string>{"label/app=web"}));
  EXPECT_EQ(names(list({.label_selector = "app=web,!tier"})), (Names{"default/b"}));
  EXPECT_EQ(names(list({.label_selector = "!app"})), (Names{"default/c"}));
  EXPECT_EQ(names(list({.field_selector = "metadata.name=c"})), (Names{"default/c"}));
  EXPECT_EQ(names(list({.field_selector = "metadata.namespace=x"})), Names{});
  EXPECT_EQ(refusal([&] { list({.label_selector = "a=b=c"}); }).reason(), Reason::BadRequest);
  EXPECT_EQ(refusal([&] { list({.field_selector = "data.x=1"}); }).reason(), Reason::BadRequest);
}

TEST_F(ReadTest, ListsAtARevision) {
  const auto first = create_map("a").object.revision;
  const auto second = create_map("b").object.revision;
  EXPECT_EQ(names(list({.resource_version = std::to_string(first), .resource_version_match = "Exact"})),
            (Names{"default/a"}));
  EXPECT_EQ(list({.resource_version = std::to_string(first)}).items.size(), 2u) << "not older than";
  EXPECT_EQ(list({.resource_version = "0"}).revision, second);
  EXPECT_EQ(list({.resource_version = std::to_string(first), .resource_version_match = "NotOlderThan"}).items.size(),
            2u);
}

TEST_F(ReadTest, ThePastIsReadOffTheLoop) {
  const std::string first = std::to_string(create_map("a").object.revision);
  list({.resource_version = first, .resource_version_match = "Exact"});
  EXPECT_EQ(store.listed_by, std::this_thread::get_id()) << "it is the present still";
  create_map("b");
  list();
  EXPECT_EQ(store.listed_by, std::this_thread::get_id());
  list({.resource_version = first, .resource_version_match = "Exact"});
  EXPECT_NE(store.listed_by, std::this_thread::get_id());
}

TEST_F(ReadTest, PagesOfThePastAreBounded) {
  const std::string first = std::to_string(create_map("a").object.revision);
  create_map("b");
  const ListOptions exact{.resource_version = first, .resource_version_match = "Exact"};
  std::vector<ListPage> held;
  for (int i = 0; i < 8; ++i) held.push_back(list(exact));
  const base::Status refused = refusal([&] { list(exact); });
  EXPECT_EQ(refused.reason(), Reason::TooManyRequests);
  EXPECT_EQ(refused.details().retry_after, 1s);
  EXPECT_EQ(list().items.size(), 2u) << "the present is for all";
  held.pop_back();
  EXPECT_EQ(list(exact).items.size(), 1u);
  EXPECT_EQ(refusal([&] { list({.resource_version = "1", .resource_version_match = "Older"}); }).reason(),
            Reason::Invalid);
  EXPECT_EQ(list(exact).items.size(), 1u) << "one that fails takes no place";
}

TEST_F(ReadTest, RefusesBadVersions) {
  EXPECT_EQ(refusal([&] { list({.resource_version = "abc"}); }).reason(), Reason::BadRequest);
  EXPECT_EQ(refusal([&] { list({.resource_version_match = "Exact"}); }).reason(), Reason::Invalid);
  EXPECT_EQ(refusal([&] { list({.resource_version = "0", .resource_version_match = "Exact"}); }).reason(),
            Reason::Invalid);
  EXPECT_EQ(refusal([&] { list({.resource_version = "1", .resource_version_match = "Older"}); }).message(),
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Unsupported value: \"Older\": supported "
            "values: \"Exact\", \"NotOlderThan\", \"\"");
}

TEST_F(ReadTest, PagesAreOfOneRevision) {
  for (const char* name : {"a", "b", "c", "d", "e"}) create_map(name);
  const ListPage first = list({.limit = 2});
  EXPECT_EQ(names(first), (Names{"default/a", "default/b"}));
  EXPECT_EQ(first.remaining, 3u);
  create_map("bb");
  base::run(resources->remove(user, config_map, "default", "d", {}));
  const ListPage second = list({.limit = 2, .continue_token = first.continue_token});
  EXPECT_EQ(names(second), (Names{"default/c", "default/d"})) << "as it was";
  EXPECT_EQ(second.revision, first.revision);
  EXPECT_EQ(second.remaining, 1u) << "as it was, too";
  const ListPage third = list({.limit = 2, .continue_token = second.continue_token});
  EXPECT_EQ(names(third), (Names{"default/e"}));
  EXPECT_EQ(third.revision, first.revision);
  EXPECT_EQ(third.continue_token, "");
  EXPECT_EQ(third.remaining, std::nullopt);
  EXPECT_EQ(names(list({.continue_token = second.continue_token})), (Names{"default/e"})) << "all the rest";
}

TEST_F(ReadTest, TheFirstPageOfAPastRevisionCountsThatOne) {
  for (const char* name : {"a", "b", "c"}) create_map(name);
  const std::string then = std::to_string(store.revision());
  create_map("d");
  const ListPage first = list({.resource_version = then, .resource_version_match = "Exact", .limit = 1});
  EXPECT_EQ(first.remaining, 2u);
  EXPECT_EQ(list({.limit = 1, .continue_token = first.continue_token}).remaining, 1u);
}

TEST_F(ReadTest, PagesThatAreJustFullHaveNoNext) {
  for (const char* name : {"a", "b"}) create_map(name);
  EXPECT_EQ(list({.limit = 2}).continue_token, "");
  EXPECT_EQ(list({.limit = 3}).continue_token, "");
  EXPECT_NE(list({.limit = 1}).continue_token, "");
}

TEST_F(ReadTest, PagesOfASelectionTellNoRest) {
  for (const char* name : {"a", "b", "c", "d"}) create_map(name, name[0] == 'b' ? "{}" : R"({"l":"x"})");
  const ListPage first = list({.label_selector = "l=x", .limit = 2});
  EXPECT_EQ(names(first), (Names{"default/a", "default/c"}));
  EXPECT_EQ(first.remaining, std::nullopt);
  const ListPage second = list({.label_selector = "l=x", .limit = 2, .continue_token = first.continue_token});
  EXPECT_EQ(names(second), (Names{"default/d"}));
  EXPECT_EQ(second.continue_token, "");
}

TEST_F(ReadTest, ALimitMakesABareRevisionExact) {
  const std::string first = std::to_string(create_map("a").object.revision);
  create_map("b");
  EXPECT_EQ(names(list({.resource_version = first, .limit = 5})), (Names{"default/a"}));
  EXPECT_EQ(list({.resource_version = first}).items.size(), 2u);
  EXPECT_EQ(list({.resource_version = first, .resource_version_match = "NotOlderThan", .limit = 5}).items.size(), 2u);
  EXPECT_EQ(list({.resource_version = "0", .limit = 1}).items.size(), 2u) << "any revision is given whole";
}

TEST_F(ReadTest, PagesOfAForgottenRevisionGoOnWithTheNewest) {
  for (const char* name : {"a", "b", "c"}) create_map(name);
  const ListPage first = list({.limit = 1});
  create_map("bb");
  base::run(store.compact(store.revision()));
  std::string token;
  try {
    list({.limit = 1, .continue_token = first.continue_token});
    ADD_FAILURE();
  } catch (const ContinueExpired& expired) {
    EXPECT_EQ(expired.reason(), Reason::Expired);
    token = expired.token();
  }
  const ListPage second = list({.limit = 1, .continue_token = token});
  EXPECT_EQ(names(second), (Names{"default/b"}));
  EXPECT_EQ(second.revision, store.revision());
  EXPECT_EQ(names(list({.continue_token = second.continue_token})), (Names{"default/bb", "default/c"}));
}

TEST_F(ReadTest, TokensThatAreNoneAreRefused) {
  const auto refused = [this](const std::string& token) {
    const base::Status status = refusal([&] { list({.continue_token = token}); });
    EXPECT_EQ(status.reason(), Reason::BadRequest) << token;
    EXPECT_TRUE(status.message().starts_with("invalid continue token: continue key is not valid")) << status.message();
    return status.message();
  };
  const auto encoded = [](std::string_view json) {
    std::string text = base::to_base64url(json);
    while (text.ends_with('=')) text.pop_back();
    return text;
  };
  for (const char* token : {"!", "a", "abc=", "a+b/", "bm9wZQ"}) refused(token);
  for (const char* json : {"[]", "7", R"({"v":"meta.k8s.io/v1","rv":5,"start":"default/a"})",
                           R"({"v":"meta.k8s.io/v1","rv":5,"start":"../secrets/a\u0000"})",
                           R"({"v":"meta.k8s.io/v1","rv":5,"start":"/default/a\u0000"})",
                           R"({"v":"meta.k8s.io/v1","rv":5,"start":"default//a\u0000"})",
                           R"({"v":"meta.k8s.io/v1","rv":5,"start":"\u0000"})"}) {
    refused(encoded(json));
  }
  EXPECT_NE(refused(encoded(R"({"v":"meta.k8s.io/v2","rv":5,"start":"a"})")).find("does not recognize"),
            std::string::npos);
  EXPECT_NE(refused(encoded(R"({"v":"meta.k8s.io/v1","start":"a"})")).find("start resourceVersion"), std::string::npos);
  EXPECT_NE(refused(encoded(R"({"v":"meta.k8s.io/v1","rv":5})")).find("start key empty"), std::string::npos);
  create_map("a");
  create_map("b");
  const std::string good = list({.limit = 1}).continue_token;
  EXPECT_EQ(refusal([&] { list({.resource_version = "5", .continue_token = good}); }).message(),
            "specifying resource version is not allowed when using continue");
  const base::Status match =
      refusal([&] { list({.resource_version = "5", .resource_version_match = "Exact", .continue_token = good}); });
  EXPECT_EQ(match.message(),
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is "
            "forbidden when continue is provided");
}

TEST_F(ReadTest, ForgottenRevisionsAreExpired) {
  const auto first = create_map("a").object.revision;
  create_map("b");
  create_map("c");
  base::run(store.compact(store.revision()));
  EXPECT_EQ(
      refusal([&] { list({.resource_version = std::to_string(first), .resource_version_match = "Exact"}); }).reason(),
      Reason::Expired);
}

TEST_F(ReadTest, AFutureRevisionIsWaitedFor) {
  const std::string next = std::to_string(store.revision() + 1);
  base::Loop loop("list");
  auto size = std::async(std::launch::async, [&] { return list({.resource_version = next}).items.size(); });
  create_map("a");
  EXPECT_EQ(size.get(), 1u);
}

TEST_F(ReadTest, AFutureRevisionThatDoesNotComeIsATimeout) {
  const base::Status status = refusal([&] { list({.resource_version = std::to_string(store.revision() + 1)}); });
  EXPECT_EQ(status.reason(), Reason::Timeout);
  EXPECT_EQ(status.details().causes.at(0).reason, "ResourceVersionTooLarge");
  EXPECT_EQ(status.details().retry_after, 1s);
}

TEST_F(ReadTest, EventsAreSelectedByWhatTheyAreAbout) {
  const Json map = create_map("a").object.parse();
  const Json other = create_map("b").object.parse();
  for (const Json& object : {map, other}) {
    base::run(resources->note_event(controller, config_map, object, {EventNote::Type::Warning, "Failed", "no"}));
  }
  const auto find = [&](const std::string& fields) {
    return base::run(resources->list(event_kind, "default", {.field_selector = fields})).items.size();
  };
  EXPECT_EQ(find("involvedObject.name=a,involvedObject.kind=ConfigMap,involvedObject.namespace=default"), 1u);
  EXPECT_EQ(find("source=berthd,reportingComponent=berthd,involvedObject.name=a"), 1u);
  EXPECT_EQ(find("source=else"), 0u);
  EXPECT_EQ(find("involvedObject.fieldPath=,involvedObject.name=a"), 1u);
  EXPECT_EQ(find("involvedObject.name=a,involvedObject.resourceVersion=" +
                 std::string(base::string_at(map, "metadata.resourceVersion"))),
            1u);
  EXPECT_EQ(find("involvedObject.uid=" + std::string(base::string_at(map, "metadata.uid"))), 1u);
  EXPECT_EQ(find("type=Warning"), 2u);
  EXPECT_EQ(find("type!=Warning"), 0u);
}

class WatchTest : public ReadTest {
 protected:
  ~WatchTest() override {
    loop_.run_and_wait([this] { return drop(watch_); });
  }
  // "ADDED default/a@7", as they come. Waits until there is at least one.
  std::vector<std::string> next(std::chrono::steady_clock::duration limit = 30s) {
    std::vector<WatchEvent> events;
    loop_.run_and_wait([&] { return take(*watch_, limit, events); });
    std::vector<std::string> lines;
    for (const WatchEvent& event : events) {
      const Json object = event.object.parse();
      EXPECT_EQ(base::string_at(object, "metadata.resourceVersion"), std::to_string(event.object.revision));
      constexpr const char* kNames[] = {"ADDED", "MODIFIED", "DELETED"};
      lines.push_back(std::string(kNames[static_cast<int>(event.type)]) + " " +
                      std::string(base::string_at(object, "metadata.name")) + "@" +
                      std::to_string(event.object.revision));
    }
    return lines;
  }
  void start(WatchOptions options, std::string ns = "default") {
    watch_ = resources->watch(config_map, std::move(ns), std::move(options), loop_.executor());
  }
  Written label(const std::string& name, const std::string& labels) {
    return merge(config_map, name, R"({"metadata":{"labels":)" + labels + "}}");
  }
  static std::string line(const char* type, const char* name, const Written& written) {
    return std::string(type) + " " + name + "@" + std::to_string(written.object.revision);
  }

  std::unique_ptr<ObjectWatch> watch_;

 private:
  static Task<void> take(ObjectWatch& watch, std::chrono::steady_clock::duration limit,
                         std::vector<WatchEvent>& events) {
    events = co_await watch.next_for(limit);
  }
  static Task<void> drop(std::unique_ptr<ObjectWatch>& watch) {
    watch.reset();
    co_return;
  }
  base::Loop loop_{"watch"};
};

TEST_F(WatchTest, StartsWithWhatIsThereAndGoesOnWithoutAGap) {
  const Written a = create_map("a");
  for (const char* from : {"", "0"}) {
    start({.resource_version = from});
    EXPECT_EQ(watch_->progress(), 0u) << "nothing is delivered yet";
    EXPECT_EQ(next().front(), line("ADDED", "a", a));
  }
  const Written changed = label("a", R"({"x":"y"})");
  EXPECT_EQ(next(), (Names{line("MODIFIED", "a", changed)}));
  const Written removed = remove(config_map, "a");
  EXPECT_EQ(next(), (Names{line("DELETED", "a", removed)}));
  EXPECT_EQ(watch_->progress(), store.revision());
}

TEST_F(WatchTest, AVersionMeansAfterIt) {
  const Written a = create_map("a");
  const Written b = create_map("b");
  start({.resource_version = std::to_string(a.object.revision)});
  EXPECT_EQ(next(), (Names{line("ADDED", "b", b)}));
}

TEST_F(WatchTest, WhatLeavesTheSelectorIsDeletedAndWhatEntersIsAdded) {
  start({.label_selector = "app=web"});
  create_map("a", R"({"app":"web","n":"1"})");
  EXPECT_TRUE(next().front().starts_with("ADDED a@"));
  const Written left = label("a", R"({"app":"db"})");
  const auto gone = next();
  EXPECT_EQ(gone, (Names{line("DELETED", "a", left)})) << "stamped with the revision that took it out";
  label("a", R"({"n":"2"})");
  const Written back = label("a", R"({"app":"web"})");
  EXPECT_EQ(next(), (Names{line("ADDED", "a", back)})) << "what happened outside is not seen";
  const Written removed = remove(config_map, "a");
  EXPECT_EQ(next(), (Names{line("DELETED", "a", removed)}));
}

TEST_F(WatchTest, OneNameIsOneObject) {
  start({.field_selector = "metadata.name=a"});
  create_map("ab");
  const Written a = create_map("a");
  EXPECT_EQ(next(), (Names{line("ADDED", "a", a)}));
}

TEST_F(WatchTest, NothingInTimeIsNothing) {
  start({.resource_version = std::to_string(store.revision())});
  EXPECT_TRUE(next(1ms).empty());
  create_map("a");
  EXPECT_EQ(next().size(), 1u);
}

TEST_F(WatchTest, AFutureVersionIsSilentUntilItIsPast) {
  const auto newest = store.revision();
  start({.resource_version = std::to_string(newest + 1)});
  EXPECT_TRUE(next(1ms).empty());
  create_map("a");
  const Written b = create_map("b");
  EXPECT_EQ(next(), (Names{line("ADDED", "b", b)}));
}

TEST_F(WatchTest, OtherNamespacesAndKindsAreNotSeen) {
  create(ns_kind, R"({"metadata":{"name":"team"}})", {}, "");
  start({.resource_version = std::to_string(store.revision())});
  create_map("a", "{}", "team");
  create(secret, R"({"metadata":{"name":"a"}})");
  const Written mine = create_map("mine");
  EXPECT_EQ(next(), (Names{line("ADDED", "mine", mine)}));
}

TEST_F(WatchTest, ForgottenRevisionsAreExpired) {
  const auto first = create_map("a").object.revision;
  create_map("b");
  create_map("c");
  base::run(store.compact(store.revision()));
  const base::Status status = refusal([&] {
    start({.resource_version = std::to_string(first - 1)});
    next();
  });
  EXPECT_EQ(status.reason(), Reason::Expired);
}

TEST_F(WatchTest, BadOptionsAreBadRequests) {
  EXPECT_EQ(refusal([&] { start({.resource_version = "x"}); }).reason(), Reason::BadRequest);
  EXPECT_EQ(refusal([&] { start({.label_selector = "a b"}); }).reason(), Reason::BadRequest);
}

}  // namespace
}  // namespace berth::resources
