// SPDX-License-Identifier: Apache-2.0
#pragma once
// Words for the table of the language: shapes that many attributes share.
#include <initializer_list>

#include "compose/shape.hpp"

namespace berth::compose {

Shape leaf(Kind kind, unsigned accepts);
Shape text();
Shape text_or_number();
Shape fitting(bool (*fits)(std::string_view), std::string_view form);  // a text
Shape one_of(std::initializer_list<std::string_view> choices);
Shape boolean();
Shape integer();  // a number in a string, too
Shape number();   // the same, not only whole ones; Kind::Int drops the fraction
Shape real();
Shape bytes();
Shape duration();
Shape command();
Shape pairs(Kind kind);  // Pairs or Labels: a map or a list
Shape options(unsigned values = kString | kNumber);
Shape hosts();
Shape list(Shape item);
Shape texts();         // a list of distinct texts
Shape text_or_list();  // the same, or one text
Shape map(Shape item);
Shape named(Shape item);  // a Map whose keys are names of services, networks...
Shape object(std::vector<Field> fields);
Shape nullable(Shape shape);
Shape joined(Shape shape, Joins joins);
Shape distinct_by(Shape shape, Sameness sameness);
Shape path_text(PathRule rule);

// Parts of the table, each in its own file.
std::vector<Field> container_fields();
std::vector<Field> workload_fields();
std::vector<Field> service_fields();
Shape deployment();
Shape build();
Shape device_requests();
Shape file_grants();  // configs and secrets of a service
Shape ulimits();
Shape hook();

}  // namespace berth::compose
