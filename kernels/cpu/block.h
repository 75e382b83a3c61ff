// The threads of a block as fibers: who runs next, and __syncthreads().
//
// One thread runs at a time, until it waits or returns. READY threads stand in a queue. The barrier counts who has
// arrived; the last one makes all of them READY again, in the order of the *schedule*: forward, reverse or shuffled. On
// a GPU any order may happen, so a kernel whose result depends on the schedule lacks a barrier.
#pragma once

namespace emu {

constexpr int MOST_THREADS = 1024;

enum State : uint8_t { READY, AT_BARRIER, IN_WARP, RETURNED };
static const char* const STATE_IN_WORDS[] = {"runs", "waits in __syncthreads()", "waits in a warp intrinsic",
                                             "has returned; its last barrier was"};

struct Thread {
  void* stack_pointer;
  uint3 index;
  State state;
  Place at;  // where it waits, or waited last
};

enum WarpOperation : uint8_t { SHUFFLE, BALLOT, MATCH, SYNC };

struct Warp {  // what the lanes of a warp have handed in (warp.h)
  unsigned waiting, alive;
  unsigned mask[32];
  WarpOperation operation[32];
  uint8_t source[32];
  uint64_t value[32], result[32];
};

struct Order {  // in which threads are woken: 0 forward, 1 reverse, any other number seeds a shuffle
  uint64_t state = 0;
  void apply(uint16_t* ids, int count) {
    if (state == 1)
      for (int i = 0; i < count / 2; i++) std::swap(ids[i], ids[count - 1 - i]);
    if (state > 1)
      for (int i = count - 1; i > 0; i--) {
        state = (state * 6364136223846793005u + 1442695040888963407u) | 2;
        std::swap(ids[i], ids[(state >> 33) % (i + 1)]);
      }
  }
};

struct Block {
  Thread threads[MOST_THREADS];
  Warp warps[MOST_THREADS / 32];
  uint16_t queue[MOST_THREADS];  // READY threads, first come first served: a ring
  int head, waiting_to_run;
  int count, alive, arrived, votes, vote_result;
  int current = -1;  // the thread that runs; -1: the launcher
  Order order;
  Stacks& stacks = EMU_STACKS();
  void* launcher_stack_pointer;
  void (*body)(void*);
  void* arguments;

  // ---- switching ----------------------------------------------------------------------------------------------------

  void switch_to(int next) {
    int before = current;
    current = next;
    if (next >= 0) threadIdx = threads[next].index;
    emu_switch(before < 0 ? &launcher_stack_pointer : &threads[before].stack_pointer,
               next < 0 ? launcher_stack_pointer : threads[next].stack_pointer);
  }
  void run_next() {
    if (!waiting_to_run) {
      if (alive) deadlock();
      return switch_to(-1);
    }
    int next = queue[head];
    head = (head + 1) % MOST_THREADS, waiting_to_run--;
    if (next != current) switch_to(next);
  }
  // Make the threads of [low, high) that `chosen` picks READY.
  template <class Chosen> void wake(int low, int high, Chosen chosen) {
    uint16_t ids[MOST_THREADS];
    int n = 0;
    for (int i = low; i < high; i++)
      if (chosen(i)) ids[n++] = uint16_t(i);
    order.apply(ids, n);
    for (int i = 0; i < n; i++) {
      threads[ids[i]].state = READY;
      queue[(head + waiting_to_run++) % MOST_THREADS] = ids[i];
    }
  }

  // ---- a block from its first thread to its last --------------------------------------------------------------------

  void run(int n, void (*function)(void*), void* arguments_of_all) {
    count = alive = n, body = function, arguments = arguments_of_all;
    head = waiting_to_run = arrived = votes = 0, current = -1;
    memset(warps, 0, sizeof(Warp) * ((n + 31) / 32));
    for (int i = 0; i < n; i++) {
      unsigned x = blockDim.x, y = blockDim.y;
      threads[i] = {stacks.prepared(i, first_function), {i % x, i / x % y, i / (x * y)}, READY, {"", 0}};
      warps[i / 32].alive |= 1u << i % 32;
    }
    wake(0, n, [](int) { return true; });
    run_next();  // returns when every thread has
  }
  static void first_function();  // the bottom of every fiber's stack

  void finish() {  // the running thread has returned from the kernel
#ifndef EMU_CHECKED
    if (stacks.spilled(current)) {
      say("stack overflow of a thread (MINITORCH_STACK_KB sets the size of a thread's stack)");
      leave();
    }
#endif
    Warp& warp = warps[current / 32];
    threads[current].state = RETURNED, alive--;
    warp.alive &= ~(1u << current % 32);
    if (warp.waiting) exchange(current / 32, warp.mask[__builtin_ctz(warp.waiting)]);  // nobody need wait for it
    run_next();
  }

  // ---- the barrier --------------------------------------------------------------------------------------------------

  // Returns how many threads voted. Every thread must come, and to the same line: one that has returned never does.
  int barrier(Place at, bool vote) {
    watching = false;
    threads[current].at = at, threads[current].state = AT_BARRIER;
    votes += vote;
    if (++arrived == count) {
      for (int i = 0; i < count; i++)
        if (threads[i].at.line != at.line || strcmp(threads[i].at.file, at.file))
          fail("divergent __syncthreads(): threads of one block wait at different lines", i, current);
      vote_result = votes, arrived = votes = 0;
#ifdef EMU_CHECKED
      barrier_passed();
#endif
      wake(0, count, [](int) { return true; });
    }
    run_next();
    watching = true;
    return vote_result;
  }

  // warp.h
  void exchange(int warp, unsigned mask);
  uint64_t take_part(unsigned mask, WarpOperation operation, uint64_t value, int source, Place at);

  // ---- errors -------------------------------------------------------------------------------------------------------

  void say_where(int i) {
    say(" ");
    say_thread(threads[i].index);
    const Thread& thread = threads[i];
    if (thread.state == RETURNED && !thread.at.line) say(" has returned and met no barrier;");
    else say(" %s at %s:%d;", STATE_IN_WORDS[thread.state], base_name(thread.at.file), thread.at.line);
  }
  [[noreturn]] void fail(const char* what, int a, int b) {
    say("%s, block (%u,%u,%u):", what, blockIdx.x, blockIdx.y, blockIdx.z);
    say_where(a);
    if (a != b) say_where(b);
    leave();
  }
  [[noreturn]] void deadlock() {  // one thread of each kind says enough
    int example[4] = {-1, -1, -1, -1};
    for (int i = count - 1; i >= 0; i--) example[threads[i].state] = i;
    say("deadlock in block (%u,%u,%u): ", blockIdx.x, blockIdx.y, blockIdx.z);
    say("%d of %d threads wait forever:", alive, count);
    for (int state : {AT_BARRIER, IN_WARP, RETURNED})
      if (example[state] >= 0) say_where(example[state]);
    leave();
  }
};

static thread_local Block* block = nullptr;

inline void Block::first_function() {
  auto function = block->body;
  watching = true;
  function(block->arguments);
  watching = false;
  block->finish();
  __builtin_unreachable();
}

inline Block& this_block() {
  if (block && block->current >= 0) return *block;
  say("a barrier or warp intrinsic in a kernel that was compiled as plain loops: is it hidden in a macro?");
  leave();
}

}  // namespace emu

inline void __syncthreads(EMU_CALLER) { emu::this_block().barrier({file, line}, false); }
inline int __syncthreads_count(int p, EMU_CALLER) { return emu::this_block().barrier({file, line}, p != 0); }
inline int __syncthreads_or(int p, EMU_CALLER) { return emu::this_block().barrier({file, line}, p != 0) > 0; }
inline int __syncthreads_and(int p, EMU_CALLER) { return emu::this_block().barrier({file, line}, p == 0) == 0; }
