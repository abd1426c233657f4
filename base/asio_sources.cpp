// SPDX-License-Identifier: Apache-2.0
// The one place where Asio's and Beast's bodies are compiled; every other source sees declarations only.
#include <boost/asio/detail/epoll_reactor.hpp>
#include <memory_resource>
#include <mutex>
#include <new>
#include <type_traits>

// What the reactor knows of a socket, Asio keeps for the sockets after it. One by one they would lie between what a
// thousand connections hold, and when those are gone, each would keep its page: they come from pieces of their own.
namespace boost::asio::detail {

using DescriptorState = std::remove_pointer_t<epoll_reactor::per_descriptor_data>;

struct DescriptorStates {
  std::mutex mutex;
  std::pmr::unsynchronized_pool_resource memory{{.max_blocks_per_chunk = 256, .largest_required_pool_block = 512}};
};

// Never destroyed: a loop may be, at the very end.
static DescriptorStates& descriptor_states() {
  static auto* const states = new DescriptorStates;
  return *states;
}

template <>
DescriptorState* object_pool_access::create<DescriptorState, bool>(bool locking) {
  DescriptorStates& states = descriptor_states();
  const std::scoped_lock lock(states.mutex);
  return ::new (states.memory.allocate(sizeof(DescriptorState), alignof(DescriptorState))) DescriptorState(locking);
}

template <>
void object_pool_access::destroy<DescriptorState>(DescriptorState* state) {
  DescriptorStates& states = descriptor_states();
  const std::scoped_lock lock(states.mutex);
  state->~DescriptorState();
  states.memory.deallocate(state, sizeof(DescriptorState), alignof(DescriptorState));
}

}  // namespace boost::asio::detail

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
