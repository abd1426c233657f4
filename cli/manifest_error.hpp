// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server's refusal of one manifest, for the person who wrote it.
#include <string>

#include "base/status.hpp"

namespace berth::cli {

// The same refusal with the file and the line of the document in front (unless it names them already), and each of
// several causes on a line of its own.
base::Status manifest_error(const base::Status& status, const std::string& source);

}  // namespace berth::cli
