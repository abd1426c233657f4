// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server's refusal of one manifest, for the person who wrote it.
#include "base/status.hpp"
#include "cli/manifests.hpp"

namespace berth::cli {

// The same refusal with file, line and column of the field in front; without a field those of the document. Each of
// several causes is on a line of its own, with its place. What names its place already stays as it is.
base::Status manifest_error(const base::Status& status, const Manifest& manifest);

}  // namespace berth::cli
