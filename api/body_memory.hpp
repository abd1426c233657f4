// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the memory of a body's tree comes from: a block of the thread's own, which goes from request to request. The
// next tree is written where the last one was, which the processor's cache still holds.
#include <boost/json/storage_ptr.hpp>
#include <cstddef>

namespace berth::api {

// What a tree takes at first; most never take more.
inline constexpr std::size_t kBodyBlockBytes = 16 * 1024;

// Upstream of a monotonic_resource that begins with kBodyBlockBytes. Belongs to the calling thread, which is where
// what it gave must come back; more than one block at a time is ordinary memory.
const boost::json::storage_ptr& body_memory();

}  // namespace berth::api
