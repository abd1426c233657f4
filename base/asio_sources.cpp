// SPDX-License-Identifier: Apache-2.0
// The one place where Asio's and Beast's bodies are compiled; every other source sees declarations only.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
