// SPDX-License-Identifier: Apache-2.0
// A name that was free in the last list is taken when it is asked for: by a create of ours whose answer nobody heard,
// by one that is still on its way, or by somebody else's container.
#include "reconcilers/world_fixture.hpp"

namespace berth::reconcilers {
namespace {

using controller::Key;
using testing::Flavour;
using testing::World;
using Names = std::vector<std::string>;

constexpr const char* kInUse =
    R"(Conflict. The container name "/web__1a2b3c4d" is already in use by container "0123456789ab".)";

class NameTakenTest : public ::testing::TestWithParam<Flavour> {
 protected:
  // No event and no list between: what the engine does stays unknown.
  void look_away() { engine.deliver_events(fake_engine::FakeEngine::EventDelivery::Lost); }
  std::optional<base::Status> pass() {
    try {
      world.pass();
    } catch (const base::Status& status) {
      return status;
    }
    return std::nullopt;
  }
  // Gives the name of the replacement that `patch` will ask for; "web" is as created again.
  std::string try_out(const std::string& patch, const std::string& undo) {
    world.patch("web", patch);
    EXPECT_FALSE(world.settle());
    std::string name = next_name("web", *world.status().spec_hash);
    world.patch("web", undo);
    EXPECT_FALSE(world.settle());
    return name;
  }
  World world{GetParam()};
  fake_engine::FakeEngine& engine = world.engine;
};

INSTANTIATE_TEST_SUITE_P(Engines, NameTakenTest, ::testing::Values(Flavour::Engine20, Flavour::Engine29),
                         [](const auto& at) { return at.param == Flavour::Engine20 ? "Engine20" : "Engine29"; });

TEST_P(NameTakenTest, ByOurOwnNextGoesOnWithIt) {
  world.create("web", R"({"files":[{"path":"/etc/a","content":"1"}]})");
  ASSERT_FALSE(world.settle());
  world.patch("web", R"({"spec":{"files":[{"path":"/etc/a","content":"2"}]}})");
  world.refresh();
  look_away();
  engine.cut_after_effect("container_create");
  EXPECT_TRUE(pass()) << "nobody heard that it was made";
  ASSERT_EQ(engine.containers().size(), 2u);
  EXPECT_FALSE(pass());
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.calls("container_create"), 3u) << "one that was refused, between";
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(engine.running(), Names{"web"});
  EXPECT_EQ(engine.files("web").at("/etc/a").content, "2");
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_FALSE(world.status().update);
  EXPECT_EQ(world.most_running, 1u);
  world.expect_steady();
}

TEST_P(NameTakenTest, ByOurOwnFirstOneGoesOnWithIt) {
  world.create("web");
  world.refresh();
  look_away();
  engine.cut_after_effect("container_create");
  EXPECT_TRUE(pass());
  EXPECT_FALSE(pass());
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(world.condition("Ready"), "True Running");
  world.expect_steady();
}

TEST_P(NameTakenTest, ByWhatIsStillOnItsWayIsTriedAgain) {
  world.create("web");
  ASSERT_FALSE(world.settle());
  const std::string before = *world.status().container_id;
  world.patch("web", R"({"spec":{"env":[{"name":"A","value":"2"}]}})");
  world.refresh();
  engine.fail("container_create", 409, kInUse, 4);
  const std::uint64_t lists = engine.lists();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(pass()->message(), kInUse);
    EXPECT_EQ(world.condition("Ready"), "False CreateFailed");
    EXPECT_EQ(world.condition("Stalled"), "False NotStalled");
    EXPECT_EQ(engine.running(), Names{"web"});
  }
  EXPECT_EQ(engine.lists(), lists + 2) << "one for each pass";
  EXPECT_EQ(engine.calls("container_create"), 5u);
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_NE(*world.status().container_id, before);
  EXPECT_FALSE(world.status().update);
  world.expect_steady();
}

TEST_P(NameTakenTest, ByAStrangerIsAConflictAndNoFailedUpdate) {
  constexpr const char* kOther = R"({"spec":{"env":[{"name":"A","value":"2"}]}})";
  world.create("web");
  ASSERT_FALSE(world.settle());
  const std::string next = try_out(kOther, R"({"spec":{"env":null}})");
  const std::string before = *world.status().container_id;
  world.refresh();
  look_away();
  engine.run(next, base::parse_json(R"({"Image":"busybox"})"));
  const std::string stranger(base::string_at(engine.inspect(next), "Id"));
  world.patch("web", kOther);
  EXPECT_FALSE(pass()) << "the create was refused, and a list told why";
  EXPECT_EQ(world.condition("Ready"), "False NameConflict");
  EXPECT_EQ(world.condition("Stalled"), "True NameConflict");
  EXPECT_EQ(world.message("Ready"), "container " + stranger.substr(0, 12) + " on host local has the name \"" + next +
                                        "\" and is not this object's");
  EXPECT_EQ(world.between.names.waiting("local", next), std::vector<Key>({{"default", "web"}}));
  world.expect_steady();
  EXPECT_EQ(base::string_at(engine.inspect("web"), "Id"), before);
  EXPECT_EQ(engine.running().size(), 2u);
  engine.remove(next);
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_NE(*world.status().container_id, before);
  EXPECT_FALSE(world.status().update);
  EXPECT_EQ(engine.containers(), Names{"web"});
  world.expect_steady();
}

TEST_P(NameTakenTest, ByAStrangerSinceTheLastListIsAConflict) {
  world.create("web");
  world.refresh();
  look_away();
  engine.run("web", base::parse_json(R"({"Image":"busybox"})"));
  EXPECT_FALSE(pass());
  EXPECT_EQ(world.condition("Ready"), "False NameConflict");
  engine.remove("web");
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(world.condition("Ready"), "True Running");
}

TEST_P(NameTakenTest, ANextThatSomebodyRemovedIsMadeAgain) {
  world.create("web");
  ASSERT_FALSE(world.settle());
  world.patch("web", R"({"spec":{"files":[{"path":"/etc/a","content":"2"}]}})");
  world.refresh();
  look_away();
  engine.cut_after_effect("container_create");
  EXPECT_TRUE(pass());
  world.refresh();
  ASSERT_EQ(engine.containers().size(), 2u);
  engine.remove(engine.containers().back());
  EXPECT_FALSE(pass()) << "no files can be put into it, which says nothing of the spec";
  EXPECT_FALSE(world.settle());
  EXPECT_EQ(engine.containers(), Names{"web"});
  EXPECT_EQ(world.condition("Ready"), "True Running");
  EXPECT_FALSE(world.status().update);
}

// Ours, under each other's names.
class NameMixedUpTest : public NameTakenTest {
 protected:
  // Each of `names` has the container of the next one.
  void rotate(const Names& names) {
    look_away();
    for (const std::string& name : names) engine.rename(name, name + "-away");
    for (std::size_t i = 0; i < names.size(); ++i) engine.rename(names[(i + 1) % names.size()] + "-away", names[i]);
  }
  std::string id_of(const std::string& name) { return std::string(base::string_at(engine.inspect(name), "Id")); }
  std::map<std::string, std::string> make(const Names& names) {
    std::map<std::string, std::string> ids;
    for (const std::string& name : names) {
      world.create(name);
      EXPECT_FALSE(world.settle(name));
      ids[name] = id_of(name);
    }
    return ids;
  }
  // Each object's pass, and again for those whom the renames wake.
  void expect_back(const std::map<std::string, std::string>& ids) {
    const auto starts = engine.calls("container_start");
    for (int round = 0; round < 2; ++round) {
      for (const auto& [name, id] : ids) EXPECT_FALSE(world.settle(name));
    }
    for (const auto& [name, id] : ids) {
      EXPECT_EQ(id_of(name), id);
      EXPECT_EQ(world.condition("Ready", name), "True Running");
      world.expect_steady(name);
    }
    EXPECT_EQ(engine.calls("container_start"), starts);
    EXPECT_EQ(engine.containers().size(), ids.size());
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, NameMixedUpTest, ::testing::Values(Flavour::Engine20, Flavour::Engine29),
                         [](const auto& at) { return at.param == Flavour::Engine20 ? "Engine20" : "Engine29"; });

TEST_P(NameMixedUpTest, TwoThatWereSwappedAreTurnedBack) {
  const auto ids = make({"db", "web"});
  rotate({"db", "web"});
  expect_back(ids);
}

TEST_P(NameMixedUpTest, ThreeThatWereRotatedAreTurnedBack) {
  const auto ids = make({"cache", "db", "web"});
  rotate({"cache", "db", "web"});
  expect_back(ids);
}

// The first pass ends behind its first rename, as when the process is killed there.
TEST_P(NameMixedUpTest, AKillBetweenTheRenamesIsNothing) {
  const auto ids = make({"db", "web"});
  rotate({"db", "web"});
  world.refresh();
  engine.cut_after_effect("container_rename");
  EXPECT_TRUE(pass()) << "nobody heard that it was renamed";
  EXPECT_EQ(engine.containers(), Names({"web", "web__" + ids.at("web").substr(0, 8)}));
  expect_back(ids);
}

TEST_P(NameMixedUpTest, OneWhoseNameIsAStrangersIsInNobodysWay) {
  const auto ids = make({"db", "web"});
  look_away();
  engine.remove("db");
  engine.rename("web", "db");
  engine.run("web", base::parse_json(R"({"Image":"busybox"})"));
  const std::string stranger = id_of("web");
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(world.condition("Ready"), "False NameConflict");
  EXPECT_FALSE(world.settle("db"));
  EXPECT_EQ(world.condition("Ready", "db"), "True Running");
  EXPECT_EQ(engine.containers(), Names({"db", "web", "web__" + ids.at("web").substr(0, 8)}));
  EXPECT_EQ(id_of("web"), stranger);
  world.expect_steady();
  engine.remove("web");
  EXPECT_FALSE(world.settle("web"));
  EXPECT_EQ(id_of("web"), ids.at("web"));
  EXPECT_EQ(world.condition("Ready"), "True Running");
}

}  // namespace
}  // namespace berth::reconcilers
