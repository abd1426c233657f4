// SPDX-License-Identifier: Apache-2.0
#include "resources/request/selector.hpp"

#include <fstream>

#include "resources/resources_fixture.hpp"

namespace berth::resources {
namespace {

using testing::refusal;

store::Entry labelled(std::initializer_list<std::pair<const char*, const char*>> labels) {
  std::vector<std::string> terms;
  for (const auto& [key, value] : labels) {
    terms.push_back(label_term(key, value));
    terms.push_back(label_key_term(key));
  }
  return store::make_entry("/berth.dev/containers/default/web", 1, "{}", std::move(terms));
}

struct Case {
  const char* selector;
  bool web;   // app=web, tier=front, size=5
  bool bare;  // no labels
};

TEST(LabelSelector, Grammar) {
  const Kind& kind = testing::kind_named("Container");
  const store::Entry web = labelled({{"app", "web"}, {"tier", "front"}, {"size", "5"}});
  const store::Entry bare = labelled({});
  for (const Case& one : {
           Case{"", true, true},
           Case{"app=web", true, false},
           Case{"app==web", true, false},
           Case{" app = web , tier = front ", true, false},
           Case{"app=web,tier=back", false, false},
           Case{"app!=web", false, true},
           Case{"app!=db", true, true},
           Case{"app", true, false},
           Case{"!app", false, true},
           Case{"! app", false, true},
           Case{"app in (web,db)", true, false},
           Case{"app in (db)", false, false},
           Case{"app notin (db)", true, true},
           Case{"app notin (web, db)", false, true},
           Case{"app in (web),!gone,tier", true, false},
           Case{"app=", false, false},
           Case{"in=x", false, false},
           Case{"size>4", true, false},
           Case{"size<5", false, false},
           Case{"tier>4", false, false},
           Case{"app.kubernetes.io/name notin (a)", true, true},
       }) {
    const Selector selector = Selector::parse(kind, one.selector, "");
    EXPECT_EQ(selector.matches(kind, web), one.web) << one.selector;
    EXPECT_EQ(selector.matches(kind, bare), one.bare) << one.selector;
  }
}

struct Malformed {
  const char* selector;
  const char* message;
};

TEST(LabelSelector, SaysWhatIsWrongInUpstreamsWords) {
  for (const Malformed& one : {
           Malformed{"a=b=c", "found '=', expected: ',' or 'end of string'"},
           Malformed{"a=b,", "found '', expected: identifier after ','"},
           Malformed{",a", "found ',', expected: !, identifier, or 'end of string'"},
           Malformed{"a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"},
           Malformed{"a in b", "unable to parse requirement: found 'b' expected: '('"},
           Malformed{"a in (b", "unable to parse requirement: found '', expected: ',' or ')'"},
           Malformed{"a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"},
           Malformed{"!", "unable to parse requirement: found '', expected: identifier"},
           Malformed{"a==(", "unable to parse requirement: found '(', expected: identifier"},
           Malformed{"a>x",
                     "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, "
                     "the value must be an integer"},
       }) {
    const base::Status status = refusal([&] { parse_label_selector(one.selector); });
    EXPECT_EQ(status.reason(), base::Reason::BadRequest);
    EXPECT_EQ(status.message(), one.message) << one.selector;
  }
  for (const char* bad : {"-a=b", "a/b/c=d", "A_/b=c", "a=-b", "a=b@c", "/a"}) {
    EXPECT_EQ(refusal([&] { parse_label_selector(bad); }).reason(), base::Reason::BadRequest) << bad;
  }
  EXPECT_EQ(refusal([&] { parse_label_selector("a=" + std::string(64, 'x')); }).reason(), base::Reason::BadRequest);
  EXPECT_EQ(parse_label_selector("a=" + std::string(63, 'x')).size(), 1u);
}

TEST(LabelSelector, AsksThePostingsForWhatTheyCanSay) {
  const Selector selector =
      Selector::parse(testing::kind_named("Container"), "app=web,tier in (a,b),zone in (x),up,!down,n!=1", "");
  EXPECT_EQ(selector.needed_terms(),
            (std::vector<std::string>{"label/app=web", "label-key/tier", "label/zone=x", "label-key/up"}));
}

TEST(FieldSelector, Grammar) {
  const auto fields = parse_field_selector(R"(metadata.name=a\,b,type!=Normal,reason==x\=y)");
  using Field = FieldRequirement;
  EXPECT_EQ(fields, (std::vector<Field>{{"metadata.name", Field::Operator::Equals, "a,b"},
                                        {"reason", Field::Operator::Equals, "x=y"},
                                        {"type", Field::Operator::NotEquals, "Normal"}}));
  EXPECT_TRUE(parse_field_selector("").empty());
  for (const char* bad : {"metadata.name", R"(a=b\)", R"(a=b\x)", "a=b=c"}) {
    EXPECT_EQ(refusal([&] { parse_field_selector(bad); }).reason(), base::Reason::BadRequest) << bad;
  }
}

TEST(FieldSelector, MatchesKeysAndTerms) {
  const Kind& kind = testing::kind_named("Event");
  const store::Entry entry = store::make_entry("/core/events/team/web.1", 1, "{}",
                                               {field_term("involvedObject.name", "web"),
                                                field_term("reason", "Started"), field_term("involvedObject.uid", "")});
  for (const auto& [text, want] : std::vector<std::pair<const char*, bool>>{
           {"metadata.name=web.1", true},
           {"metadata.name!=web.1", false},
           {"metadata.namespace=team", true},
           {"metadata.namespace=other", false},
           {"involvedObject.name=web,reason=Started", true},
           {"involvedObject.name=web,reason!=Started", false},
           {"involvedObject.uid=", true},
       }) {
    EXPECT_EQ(Selector::parse(kind, "", text).matches(kind, entry), want) << text;
  }
  const base::Status status = refusal([&] { Selector::parse(testing::kind_named("Container"), "", "spec.image=x"); });
  EXPECT_EQ(status.reason(), base::Reason::BadRequest);
  EXPECT_EQ(status.message(), "field label not supported: spec.image");
}

// What is said of one: the field requirements, or of a label selector what it selects among a few sets of labels.
Json outcome_of(const Json& each) {
  const Kind& kind = testing::kind_named("Container");
  base::JsonArray found;
  try {
    if (each.as_object().contains("fields")) {
      for (const FieldRequirement& field : parse_field_selector(base::string_at(each, "fields"))) {
        const bool equals = field.op == FieldRequirement::Operator::Equals;
        found.push_back(base::JsonArray{field.path, equals ? "=" : "!=", field.value});
      }
      return found;
    }
    const Selector selector = Selector::parse(kind, base::string_at(each, "labels"), "");
    for (const store::Entry& entry : {labelled({}), labelled({{"a", "b"}}), labelled({{"a", ""}, {"b", "5"}}),
                                      labelled({{"a", "c"}, {"x.io/k", "v"}, {"b", "10"}})}) {
      found.push_back(Json(selector.matches(kind, entry)));
    }
    return found;
  } catch (const base::Status& status) {
    return Json(status.message());
  }
}

// tests/golden/selector/cases.jsonl: one case a line. What is wanted was computed by upstream's labels and fields.
TEST(Selectors, SayWhatUpstreamSays) {
  std::ifstream file(BERTH_SOURCE_DIR "/tests/golden/selector/cases.jsonl");
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    const Json each = base::parse_json(line);
    const Json* want = nullptr;
    for (const char* member : {"refused", "matches", "requirements"}) {
      if (const Json* found = each.as_object().if_contains(member)) want = found;
    }
    EXPECT_EQ(base::to_canonical(outcome_of(each)), base::to_canonical(*want)) << line;
  }
  EXPECT_GT(cases, 400);
}

}  // namespace
}  // namespace berth::resources
