// Bad addresses and endless loops, in the checked build.
//
// An address that belongs to nobody makes the processor stop and the system send SIGSEGV; the handler runs on a stack
// of its own (the fiber's may be full) and leaves the kernel with a message. For endless loops a timer sends a signal
// to this thread.
#pragma once

namespace emu {

static const int TIMER_SIGNAL = SIGRTMIN + 7;

inline const void* interrupted_at(void* context) {
#if defined(__x86_64__)
  return (const void*)((ucontext_t*)context)->uc_mcontext.gregs[16];  // REG_RIP
#else
  return (const void*)((ucontext_t*)context)->uc_mcontext.pc;
#endif
}
inline const void* frame_pointer(void* context) {
#if defined(__x86_64__)
  return (const void*)((ucontext_t*)context)->uc_mcontext.gregs[10];  // REG_RBP
#else
  return (const void*)((ucontext_t*)context)->uc_mcontext.regs[29];
#endif
}

// " at <pc 0x12 0x34 ...>": where it happened, and the calls that led there, as far as they are in this library. Built
// with -O0, every function keeps a frame pointer, which points to that of its caller; above it lies the return address.
extern "C" const char __etext __attribute__((visibility("hidden")));
inline void say_code(void* context) {
  auto in_this_library = [](const void* pc) { return pc >= (const void*)&__ehdr_start && pc < (const void*)&__etext; };
  const void* pc = interrupted_at(context);
  say(" at <pc");
  if (in_this_library(pc)) say(" 0x%x", code_offset(pc) + 1);
  auto frame = (void* const*)frame_pointer(context);
  for (int i = 0; i < 6 && frame && (uintptr_t)frame % sizeof(void*) == 0; i++) {
    if (in_this_library(frame[1])) say(" 0x%x", code_offset(frame[1]));
    auto next = (void* const*)frame[0];
    if (next <= frame || next > frame + 100000) break;
    frame = next;
  }
  if (last_access) say(" 0x%x", code_offset(last_access));  // if the signal came on the way in or out of a function
  say(">");
}

static struct sigaction faults_before[4];
static const int FAULTS[4] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};

inline void on_fault(int signal, siginfo_t* info, void* context) {
  if (!launching) {  // not ours: as if we had never been here
    for (int i = 0; i < 4; i++)
      if (FAULTS[i] == signal) sigaction(signal, &faults_before[i], nullptr);
    return;
  }
  watching = false;
  if (block && block->stacks.overflowed(info->si_addr))
    say("stack overflow of a thread (MINITORCH_STACK_KB sets the size of a thread's stack, now %zu)",
        (block->stacks.bytes - Stacks::PAGE) / 1024);
  else if (signal == SIGFPE) say("division by zero");
  else if (signal == SIGILL) say("invalid instruction");
  else if (signal == SIGSEGV && info->si_code == SI_KERNEL)  // not even the form of an address: the system knows none
    say("access to an impossible address, which belongs to no array,");
  else if ((uintptr_t)info->si_addr < 65536) say("null pointer used");
  else say("access to address %p, which belongs to no array,", info->si_addr);
  say_code(context);
  fail_here();
}

inline void on_timer(int, siginfo_t*, void* context) {
  if (!launching) return;
  say("still running after %u s (MINITORCH_KERNEL_TIMEOUT), an endless loop?", timeout_seconds);
  say_code(context);
  fail_here();
}

// Handlers, their stack and the timer, for the time of one launch.
struct Signals {
  stack_t stack_before = {};
  timer_t timer = {};
  bool has_timer = false;

  Signals() {
    static thread_local char* memory = (char*)malloc(65536);
    stack_t stack = {};
    stack.ss_sp = memory, stack.ss_size = 65536;
    sigaltstack(&stack, &stack_before);
    struct sigaction action = {};
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    action.sa_sigaction = on_fault;
    for (int i = 0; i < 4; i++) sigaction(FAULTS[i], &action, &faults_before[i]);
    if (!timeout_seconds) return;
    action.sa_sigaction = on_timer;
    sigaction(TIMER_SIGNAL, &action, nullptr);
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID, event.sigev_signo = TIMER_SIGNAL;
    event._sigev_un._tid = int(syscall(SYS_gettid));
    itimerspec after = {};
    after.it_value.tv_sec = timeout_seconds;
    has_timer = !timer_create(CLOCK_MONOTONIC, &event, &timer);
    if (has_timer) timer_settime(timer, 0, &after, nullptr);
  }
  ~Signals() {
    if (has_timer) timer_delete(timer);
    for (int i = 0; i < 4; i++) sigaction(FAULTS[i], &faults_before[i], nullptr);
    stack_before.ss_flags &= ~SS_ONSTACK;
    sigaltstack(&stack_before, nullptr);
  }
};

}  // namespace emu
