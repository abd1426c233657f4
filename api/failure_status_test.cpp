// SPDX-License-Identifier: Apache-2.0
#include "api/failure_status.hpp"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <new>
#include <stdexcept>

namespace berth::api {
namespace {

TEST(FailureStatus, WhatNobodyNamedIsNotShown) {
  for (const std::exception_ptr& error :
       {std::make_exception_ptr(std::bad_alloc()), std::make_exception_ptr(std::out_of_range("vector::at")),
        std::make_exception_ptr(7)}) {
    const base::Status status = failure_status(error, "r-1");
    EXPECT_EQ(status.reason(), base::Reason::InternalError);
    EXPECT_EQ(status.message(), "an internal error; the server's log has it under request r-1");
  }
}

TEST(FailureStatus, AStatusIsTheAnswer) {
  const base::Status status = failure_status(std::make_exception_ptr(base::not_found("hosts", "a")), "r-1");
  EXPECT_EQ(status.reason(), base::Reason::NotFound);
  EXPECT_EQ(status.message(), "hosts \"a\" not found");
}

TEST(FailureStatus, AnEndedConnectionIsNoError) {
  const boost::system::system_error ended(boost::asio::error::operation_aborted);
  EXPECT_EQ(failure_status(std::make_exception_ptr(ended), "r-1").reason(), base::Reason::Cancelled);
}

}  // namespace
}  // namespace berth::api
