// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a TlsContext holds. Private to base.
#include "base/openssl_handles.hpp"
#include "base/tls.hpp"

namespace berth::base {

struct TlsContext::State {
  SslContextPtr context;
};

}  // namespace berth::base
