// SPDX-License-Identifier: Apache-2.0
#include "api/body_memory.hpp"

#include <boost/json/memory_resource.hpp>
#include <new>
#include <utility>

namespace berth::api {
namespace {

constexpr std::size_t kBlock = kBodyBlockBytes + 64;  // with the header of a monotonic_resource

class BodyMemory final : public boost::json::memory_resource {
 public:
  ~BodyMemory() override { ::operator delete(kept_); }

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    if (alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__) throw std::bad_alloc();
    if (size > kBlock) return ::operator new(size);
    return kept_ != nullptr ? std::exchange(kept_, nullptr) : ::operator new(kBlock);
  }
  // monotonic_resource says less here than it asked for: its own header is not counted. So what is no more than a
  // block is at least one.
  void do_deallocate(void* block, std::size_t size, std::size_t) override {
    if (kept_ != nullptr || size > kBlock) return ::operator delete(block);
    kept_ = block;
  }
  bool do_is_equal(const boost::json::memory_resource& other) const noexcept override { return this == &other; }

  void* kept_ = nullptr;  // a block
};

}  // namespace

const boost::json::storage_ptr& body_memory() {
  static thread_local const boost::json::storage_ptr memory = boost::json::make_shared_resource<BodyMemory>();
  return memory;
}

}  // namespace berth::api
