// A fiber: a stack, and the place where its thread waits.
//
// Switching costs no system call. A function may change only some registers without saving them (the ABI of the
// processor says which); emu_switch pushes the others on the stack it leaves, stores the stack pointer, loads that of
// the stack it goes to, and pops the same registers there. Its `ret` then returns to where that fiber once called it:
//
//     fiber 0   ... barrier() -> emu_switch -.                      .-> returns, barrier() returns ...
//     fiber 1                                 '-> returns ... barrier() -> emu_switch
//
// A new fiber has never called emu_switch, so its stack is made to look as if: zeros, and the address of its first
// function.
#pragma once

namespace emu {

// Save the callee-saved registers on this stack, remember it in *save, and go on with the stack `load`.
extern "C" __attribute__((visibility("hidden"))) void emu_switch(void** save, void* load);

#if defined(__x86_64__)
constexpr int SAVED = 7, RETURN_AT = 6;  // words that emu_switch pops; which of them is the return address
asm(R"(
.text
.hidden emu_switch
.globl emu_switch
.type emu_switch,@function
emu_switch:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp,(%rdi)
    mov %rsi,%rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
.size emu_switch,.-emu_switch
)");
#else
constexpr int SAVED = 20, RETURN_AT = 11;
asm(R"(
.text
.hidden emu_switch
.globl emu_switch
.type emu_switch,%function
emu_switch:
    sub sp,sp,#160
    stp x19,x20,[sp]
    stp x21,x22,[sp,#16]
    stp x23,x24,[sp,#32]
    stp x25,x26,[sp,#48]
    stp x27,x28,[sp,#64]
    stp x29,x30,[sp,#80]
    stp d8,d9,[sp,#96]
    stp d10,d11,[sp,#112]
    stp d12,d13,[sp,#128]
    stp d14,d15,[sp,#144]
    mov x9,sp
    str x9,[x0]
    mov sp,x1
    ldp x19,x20,[sp]
    ldp x21,x22,[sp,#16]
    ldp x23,x24,[sp,#32]
    ldp x25,x26,[sp,#48]
    ldp x27,x28,[sp,#64]
    ldp x29,x30,[sp,#80]
    ldp d8,d9,[sp,#96]
    ldp d10,d11,[sp,#112]
    ldp d12,d13,[sp,#128]
    ldp d14,d15,[sp,#144]
    add sp,sp,#160
    ret
.size emu_switch,.-emu_switch
)");
#endif

// The stacks of a block's fibers. Below each lies a page that nobody needs. In the checked build it may not be touched:
// a stack that overflows hits it. Every such page costs the system two mappings, of which a process may have some 65,000,
// so the fast build, which may run on every core, looks afterwards whether something was written there (`spilled`).
struct Stacks {
  static constexpr size_t PAGE = 65536;  // the largest page of any Linux
  char* memory = nullptr;
  size_t count = 0, bytes = 0;

  void reserve(size_t wanted) {
    if (wanted <= count) return;
    release();
    const char* kilobytes = getenv("MINITORCH_STACK_KB");
    bytes = (size_t(kilobytes ? atoi(kilobytes) : 192) * 1024 + PAGE - 1) / PAGE * PAGE + PAGE;
    count = wanted;
    int access = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    memory = (char*)mmap(nullptr, count * bytes, access, kind, -1, 0);
    if (memory == MAP_FAILED) memory = nullptr;
    bool made = memory;
#ifdef EMU_CHECKED
    for (size_t i = 0; made && i < count; i++) made = !mprotect(memory + i * bytes, PAGE, PROT_NONE);
#endif
    if (made) return;
    release();
    say("no memory for the stacks of %zu threads", wanted);
    leave();
  }
  void release() {
    if (memory) munmap(memory, count * bytes);
    memory = nullptr, count = 0;
  }
  Stacks() = default;
  Stacks(const Stacks&) = delete;
  ~Stacks() { release(); }

  // The stack pointer of fiber i as emu_switch wants to find it, for a fiber that is to begin with `entry`.
  void* prepared(size_t i, void (*entry)()) {
    void** top = (void**)(memory + (i + 1) * bytes) - 2 - (SAVED + SAVED % 2);  // a multiple of 16 bytes
    memset(top, 0, sizeof(void*) * (SAVED + 1));
    top[RETURN_AT] = (void*)entry;
    return top;
  }
  // Whether the stack of fiber i has grown into the page below it, where all is zero otherwise.
  bool spilled(size_t i) const {
    const uint64_t* top = (const uint64_t*)(memory + i * bytes + PAGE);
    return top[-1] || top[-2] || top[-8] || top[-64] || top[-512];
  }
  bool overflowed(const void* address) const {  // whether the address is in the page below a stack
    size_t at = (const char*)address - memory;
    return memory && at < count * bytes && at % bytes < PAGE;
  }
};

// One set for each OS thread, whichever library's kernel it runs: the linker makes one object of all the libraries'
// definitions, since the symbol is visible. The two builds lay stacks out differently, hence two names.
#ifdef EMU_CHECKED
#define EMU_STACKS checked_stacks
#else
#define EMU_STACKS fast_stacks
#endif
__attribute__((visibility("default"))) inline Stacks& EMU_STACKS() {
  static thread_local Stacks stacks;
  return stacks;
}

}  // namespace emu
