// SPDX-License-Identifier: Apache-2.0
#pragma once
// env_file and label_file of the services of a model.
#include <string>

#include "compose/shape.hpp"
#include "compose/sources.hpp"
#include "compose/template.hpp"

namespace berth::compose {

class VariableFiles {
 public:
  // Both outlive it.
  VariableFiles(const Sources& sources, const Environment& env) : sources_(sources), env_(env) {}

  // Variables of env_file under those of `environment`, labels of label_file under `labels`, for a service as the model
  // has it and its hooks before the start. Throws Invalid, and BadRequest "file: line L: ...".
  void resolve(Json& service, const std::string& path);

 private:
  void resolve_variables(Json& service, const std::string& path);
  void resolve_labels(Json& service, const std::string& path);
  // `format` is "" or raw.
  void read(const std::string& file, std::string_view format, const Lookup& lookup, Environment& into);

  const Sources& sources_;
  const Environment& env_;
  std::size_t bytes_ = 0;  // of all files, each time that one is read
};

}  // namespace berth::compose
