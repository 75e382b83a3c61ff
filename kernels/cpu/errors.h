// Leaving a kernel with a message.
//
// A thread of a block cannot return an error through the kernel's own code, so it jumps: launch() has remembered where
// it stands (setjmp), fail() writes a sentence and goes back there. The other threads of the block are left as they
// are, like the threads of a GPU after a fault. What the launcher must look up stands in angle brackets: <pc 0x1234> is
// a place in this library, <address 0x7f0000001000 4> four bytes of memory.
#pragma once

namespace emu {

// For what runs at every access of a checked build: optimised, and not itself looked at.
#ifdef __clang__
#define EMU_HOT __attribute__((no_sanitize("thread", "bounds", "alignment")))
#else
#define EMU_HOT                                                  \
  __attribute__((no_sanitize("thread", "bounds", "alignment"),   \
                 optimize("O2", "no-omit-frame-pointer", "no-optimize-sibling-calls")))
#endif

static thread_local char error_text[2048];
static thread_local jmp_buf escape;            // where a launch goes on after an error
static thread_local bool launching = false;    // whether `escape` is valid
static thread_local const void* last_access;   // where in the kernel memory was last touched, in the checked build
static thread_local bool watching = false;     // whether the kernel's own code runs, and not the scheduler (watch.h)

[[noreturn]] inline void leave() {
  watching = false;
  longjmp(escape, 1);
}

// Add to the message.
__attribute__((format(printf, 1, 2))) inline void say(const char* format, ...) {
  watching = false;
  size_t used = strlen(error_text);
  va_list values;
  va_start(values, format);
  vsnprintf(error_text + used, sizeof error_text - used, format, values);
  va_end(values);
}

inline void say_thread(uint3 thread) { say("thread (%u,%u,%u)", thread.x, thread.y, thread.z); }

// ", block (1,0,0), thread (5,0,0)" of the thread that runs, and the end of the kernel.
[[noreturn]] inline void fail_here() {
  say(", block (%u,%u,%u), ", blockIdx.x, blockIdx.y, blockIdx.z);
  say_thread(threadIdx);
  leave();
}

inline const char* base_name(const char* path) {
  const char* slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

// A place in this library, as an offset that addr2line understands.
extern "C" const char __ehdr_start __attribute__((visibility("hidden")));
inline uint32_t code_offset(const void* pc) { return uint32_t((const char*)pc - &__ehdr_start); }

}  // namespace emu

#undef assert
#define assert(condition) ((condition) ? (void)0 : emu::assertion_failed(#condition, Place{__FILE__, __LINE__}))
#define __trap() emu::assertion_failed("__trap()", Place{__FILE__, __LINE__})
#define printf(...) dprintf(1, __VA_ARGS__)  // unbuffered: a message is out before the kernel fails

namespace emu {
[[noreturn]] inline void assertion_failed(const char* condition, Place at) {
  say("assertion failed: %s at %s:%d", condition, base_name(at.file), at.line);
  fail_here();
}
}  // namespace emu
