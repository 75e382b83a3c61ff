// cuda_on_cpu.h -- lets g++ (or clang++) compile a CUDA C file and run it on the CPU.
//   g++ -std=c++17 -O2 -fPIC -shared -fvisibility=hidden -x c++ -include cuda_on_cpu.h unit.cu -o unit.so
// A kernel without barriers runs as plain nested loops, which g++ can inline and vectorise.  A kernel with
// barriers or warp intrinsics runs each thread of a block as a fiber that gives way only at those points.
// Blocks may run on several OS threads: shared memory is thread_local.  -DEMU_DEBUG: no inlining.
#pragma once
#ifdef EMU_SIMD_MATH                   // let g++ call glibc's vector expf etc. (at most 4 ulp off)
#pragma omp declare simd notinbranch
extern "C" float expf(float) noexcept;
#pragma omp declare simd notinbranch
extern "C" float logf(float) noexcept;
#endif
#include <math.h>
#include <cassert>
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <array>
#include <tuple>
#include <utility>
#include <dlfcn.h>
#include <sys/mman.h>
#include <ucontext.h>
#define EMU_TLS thread_local
#define __device__
#define __host__
#define __constant__ static
#define __shared__ static EMU_TLS      // the loader turns 'extern __shared__ T s[];' into a pointer definition
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __noinline__ __attribute__((noinline))
#define __grid_constant__
#ifdef EMU_DEBUG
#define __global__
#define __forceinline__ inline
#else
#define __global__ inline
#define __forceinline__ inline __attribute__((always_inline))
#endif
#define __CUDA_ON_CPU__ 1

struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x, y, z; constexpr dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {} };
static EMU_TLS uint3 threadIdx, blockIdx;
static EMU_TLS dim3 blockDim, gridDim;
static constexpr int warpSize = 32;

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
extern "C" void AnnotateIgnoreReadsBegin(const char*, int), AnnotateIgnoreReadsEnd(const char*, int), AnnotateIgnoreWritesBegin(const char*, int), AnnotateIgnoreWritesEnd(const char*, int);
#define EMU_TSAN(...) __VA_ARGS__
#define EMU_IGNORE AnnotateIgnoreReadsBegin("", 0), AnnotateIgnoreWritesBegin("", 0)  // inside the scheduler
#define EMU_WATCH AnnotateIgnoreReadsEnd("", 0), AnnotateIgnoreWritesEnd("", 0)       // back in the kernel
#else
#define EMU_TSAN(...)
#endif

namespace emu {
constexpr int MAXT = 1024;
static char error_text[1024];
static EMU_TLS uint64_t schedule = 0;          // order in which woken threads run: 0 forward, 1 reverse, else a random seed
static EMU_TLS uint64_t block_serial;  // counts blocks: EMU_FRESH fills each __shared__ variable once per block
static EMU_TLS char* dynamic_shared;   // what 'extern __shared__' points to
static EMU_TLS sigjmp_buf escape;      // back to launch() after an error in a kernel

// Save the callee-saved registers on this stack, remember it in *save, continue on the stack `load`.
extern "C" __attribute__((visibility("hidden"))) void emu_switch(void** save, void* load);
#if defined(__x86_64__)
constexpr int FRAME = 7, RETURN_AT = 6;  // words that emu_switch pops; which of them is the return address
asm(".text\n.hidden emu_switch\n.globl emu_switch\n.type emu_switch,@function\nemu_switch:\n"
    "push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n mov %rsp,(%rdi)\n mov %rsi,%rsp\n"
    "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n ret\n");
#elif defined(__aarch64__)
constexpr int FRAME = 20, RETURN_AT = 11;
asm(".text\n.hidden emu_switch\n.globl emu_switch\nemu_switch:\n sub sp,sp,#160\n"
    "stp x19,x20,[sp]\n stp x21,x22,[sp,#16]\n stp x23,x24,[sp,#32]\n stp x25,x26,[sp,#48]\n stp x27,x28,[sp,#64]\n"
    "stp x29,x30,[sp,#80]\n stp d8,d9,[sp,#96]\n stp d10,d11,[sp,#112]\n stp d12,d13,[sp,#128]\n stp d14,d15,[sp,#144]\n"
    "mov x9,sp\n str x9,[x0]\n mov sp,x1\n"
    "ldp x19,x20,[sp]\n ldp x21,x22,[sp,#16]\n ldp x23,x24,[sp,#32]\n ldp x25,x26,[sp,#48]\n ldp x27,x28,[sp,#64]\n"
    "ldp x29,x30,[sp,#80]\n ldp d8,d9,[sp,#96]\n ldp d10,d11,[sp,#112]\n ldp d12,d13,[sp,#128]\n ldp d14,d15,[sp,#144]\n"
    "add sp,sp,#160\n ret\n");
#else
#error "cuda_on_cpu.h: emu_switch is not written for this processor"
#endif

enum State : uint8_t { READY, AT_BARRIER, AT_WARP, DONE };
enum Op : int { SHUFFLE, BALLOT, SYNC };
struct Fiber { void* sp; char* stack; uint3 idx; State state; int line; void *fake, *tsan; };
struct Warp { unsigned waiting, alive, round; unsigned mask[32]; int op[32], source[32]; uint64_t value[32], result[32]; char sync[2]; };

struct Block {                         // runs the threads of one block at a time
  Fiber f[MAXT];
  Warp w[MAXT / 32];
  uint16_t queue[MAXT]; int head, count;                   // READY threads, first come first served
  int n, cur = -1, alive, arrived, votes, vote_result; unsigned round = 0; char sync[2];
  void (*body)(void*); void* args; void* main_sp; void *main_fake, *main_tsan; const void* main_stack; size_t main_size;
  size_t stack_bytes = 0;

  template <class In> void wake(int lo, int hi, In in) {   // make threads of [lo, hi) READY, in the schedule's order
    int ids[MAXT], k = 0;
    for (int i = lo; i < hi; i++) if (in(i)) ids[k++] = i;
    if (schedule == 1) for (int i = 0; i < k / 2; i++) std::swap(ids[i], ids[k - 1 - i]);
    if (schedule > 1) for (int i = k - 1; i > 0; i--) {
      schedule = schedule * 6364136223846793005u + 1442695040888963407u | 2;
      std::swap(ids[i], ids[(schedule >> 33) % (i + 1)]);
    }
    for (int i = 0; i < k; i++) f[ids[i]].state = READY, queue[(head + count++) % MAXT] = ids[i];
  }
  void jump(int to) {                                      // to a thread, or to the launcher (-1)
    int from = cur; cur = to;
    if (to >= 0) threadIdx = f[to].idx;
#ifdef __SANITIZE_ADDRESS__
    bool over = from >= 0 && f[from].state == DONE;
    __sanitizer_start_switch_fiber(over ? nullptr : from < 0 ? &main_fake : &f[from].fake, to < 0 ? main_stack : f[to].stack, to < 0 ? main_size : stack_bytes);
#endif
    EMU_TSAN(__tsan_switch_to_fiber(to < 0 ? main_tsan : f[to].tsan, 1);)
    emu_switch(from < 0 ? &main_sp : &f[from].sp, to < 0 ? main_sp : f[to].sp);
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(from < 0 ? main_fake : f[from].fake, nullptr, nullptr);
#endif
  }
  void next() {                                            // give way to the next READY thread
    if (!count) { if (alive) deadlock(); return jump(-1); }
    int i = queue[head]; head = (head + 1) % MAXT; count--;
    if (i != cur) jump(i);
  }
  [[noreturn]] void leave() {                              // the block's threads are simply left where they are
    EMU_TSAN(__tsan_switch_to_fiber(main_tsan, 0); EMU_WATCH;)
    siglongjmp(escape, 1);
  }
  int say(int k, const char* what, int i) {
    return i < 0 ? k : k + snprintf(error_text + k, sizeof error_text - k, " thread (%u,%u,%u) %s line %d;", f[i].idx.x, f[i].idx.y, f[i].idx.z, what, f[i].line);
  }
  [[noreturn]] void fail(const char* what, int a, int b) {
    int k = snprintf(error_text, sizeof error_text, "%s in block (%u,%u,%u):", what, blockIdx.x, blockIdx.y, blockIdx.z);
    k = say(k, "at", a); if (b != a) say(k, "at", b);
    leave();
  }
  [[noreturn]] void deadlock() {
    int who[4] = {-1, -1, -1, -1};
    for (int i = n - 1; i >= 0; i--) who[f[i].state] = i;
    int k = snprintf(error_text, sizeof error_text, "deadlock in block (%u,%u,%u): %d of %d threads wait forever:", blockIdx.x, blockIdx.y, blockIdx.z, alive, n);
    k = say(k, "is in __syncthreads() at", who[AT_BARRIER]); k = say(k, "is in a warp intrinsic at", who[AT_WARP]); say(k, "has returned, its last barrier was at", who[DONE]);
    leave();
  }
  int barrier(int line, bool vote) {
    EMU_TSAN(EMU_IGNORE; char* s = &sync[round & 1]; __tsan_release(s);)
    f[cur].line = line; f[cur].state = AT_BARRIER; votes += vote;
    if (++arrived == n) {                                  // strict: a thread that returned never arrives
      for (int i = 0; i < n; i++) if (f[i].line != line) fail("divergent __syncthreads()", i, cur);
      vote_result = votes; arrived = votes = 0; round++;
      wake(0, n, [](int) { return true; });
    }
    next();
    EMU_TSAN(__tsan_acquire(s); EMU_WATCH;)
    return vote_result;
  }
  void exchange(int wi, unsigned mask) {                   // if every live lane of mask has arrived, trade values
    Warp& q = w[wi]; unsigned m = mask & q.alive, ballot = 0;
    if (!m || (q.waiting & m) != m) return;
    int first = __builtin_ctz(m);
    for (int l = 0; l < 32; l++) if (m >> l & 1) {
      if (q.mask[l] != mask || q.op[l] != q.op[first]) fail("lanes of a warp disagree on mask or intrinsic", wi * 32 + first, wi * 32 + l);
      ballot |= unsigned(q.value[l] != 0) << l;
    }
    for (int l = 0; l < 32; l++) if (m >> l & 1)           // a lane that takes no part yields garbage: -1 or NaN
      q.result[l] = q.op[l] == BALLOT ? ballot : m >> q.source[l] & 1 ? q.value[q.source[l]] : ~0ull;
    q.waiting &= ~m; q.round++;
    wake(wi * 32, wi * 32 + 32, [&](int i) { return m >> i % 32 & 1; });
  }
  uint64_t warp(unsigned mask, Op op, uint64_t value, int source, int line) {
    EMU_TSAN(EMU_IGNORE;)
    int wi = cur / 32, lane = cur % 32; Warp& q = w[wi];
    EMU_TSAN(char* s = &q.sync[q.round & 1]; if (op == SYNC) __tsan_release(s);)  // a shuffle orders no memory
    f[cur].line = line; f[cur].state = AT_WARP;
    if (!(mask >> lane & 1)) fail("a lane is missing from its own mask", cur, cur);
    q.value[lane] = value; q.mask[lane] = mask; q.source[lane] = source; q.op[lane] = op; q.waiting |= 1u << lane;
    exchange(wi, mask);
    next();
    EMU_TSAN(if (op == SYNC) __tsan_acquire(s); EMU_WATCH;)
    return q.result[lane];
  }
  static void entry();
  void run(int threads, void (*fn)(void*), void* a) {
    EMU_TSAN(EMU_IGNORE; main_tsan = __tsan_get_current_fiber(); __tsan_release(this);)
    if (!stack_bytes) {
      const char* kb = getenv("EMU_STACK_KB"); stack_bytes = (kb ? atoi(kb) : 128) * 1024;
      char* mem = (char*)mmap(nullptr, stack_bytes * MAXT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      for (int i = 0; i < MAXT; i++) f[i].stack = mem + i * stack_bytes;
    }
    n = alive = threads; body = fn; args = a; head = count = arrived = votes = 0; cur = -1;
    memset(w, 0, sizeof(Warp) * ((n + 31) / 32));
    for (int i = 0; i < n; i++) {
#ifdef __SANITIZE_ADDRESS__
      __asan_unpoison_memory_region(f[i].stack, stack_bytes);
#endif
      void** top = (void**)(f[i].stack + stack_bytes) - 2 - (FRAME + FRAME % 2);  // 16-byte aligned
      memset(top, 0, sizeof(void*) * (FRAME + 1)); top[RETURN_AT] = (void*)entry;
      f[i].sp = top; f[i].line = 0; f[i].fake = nullptr;
      f[i].idx = {i % blockDim.x, i / blockDim.x % blockDim.y, i / (blockDim.x * blockDim.y)};
      w[i / 32].alive |= 1u << i % 32;
      EMU_TSAN(if (!f[i].tsan) f[i].tsan = __tsan_create_fiber(0), __tsan_switch_to_fiber(f[i].tsan, 1), EMU_IGNORE, __tsan_switch_to_fiber(main_tsan, 1);)
    }
    wake(0, n, [](int) { return true; });
    next();
    EMU_TSAN(EMU_WATCH; __tsan_acquire(&args);)
  }
};
static EMU_TLS Block* block;
static Block* kept[64];               // one for each OS thread, kept from launch to launch
inline void Block::entry() {           // the bottom of every fiber's stack
  Block& b = *block;
#ifdef __SANITIZE_ADDRESS__
  const void* s; size_t z; __sanitizer_finish_switch_fiber(nullptr, &s, &z);
  if (!b.main_stack) b.main_stack = s, b.main_size = z;   // the first thread comes from the launcher's stack
#endif
  auto body = b.body; auto args = b.args;
  EMU_TSAN(__tsan_acquire(block); EMU_WATCH;)
  body(args);
  EMU_TSAN(EMU_IGNORE; __tsan_release(&b.args);)
  int me = b.cur; Warp& q = b.w[me / 32];
  if (*(uint64_t*)b.f[me].stack) b.fail("stack overflow (set EMU_STACK_KB)", me, me);  // nothing should get that deep
  b.f[me].state = DONE; b.alive--; q.alive &= ~(1u << me % 32);
  if (q.waiting) b.exchange(me / 32, q.mask[__builtin_ctz(q.waiting)]);
  b.next();
  __builtin_unreachable();
}
inline Block& here() {
  if (block && block->cur >= 0) return *block;
  snprintf(error_text, sizeof error_text, "barrier or warp intrinsic in a kernel that was built as plain loops");
  siglongjmp(escape, 1);
}
static void on_fault(int sig, siginfo_t* s, void* context) {  // "pc=": the loader turns it into a source line
  uintptr_t pc = 0; Dl_info where = {};
#if defined(__x86_64__) && defined(__linux__)
  pc = ((ucontext_t*)context)->uc_mcontext.gregs[16];      // REG_RIP
#elif defined(__aarch64__) && defined(__linux__)
  pc = ((ucontext_t*)context)->uc_mcontext.pc;
#endif
  dladdr((void*)pc, &where);
  int k = snprintf(error_text, sizeof error_text, sig == SIGSEGV || sig == SIGBUS ? "invalid address %p" : "index out of bounds", s->si_addr);
  snprintf(error_text + k, sizeof error_text - k, " in block (%u,%u,%u), thread (%u,%u,%u) pc=0x%zx", blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x, threadIdx.y, threadIdx.z, size_t(pc - (uintptr_t)where.dli_fbase));
  siglongjmp(escape, 2);
}
struct Buffer {                        // dynamic shared memory; `checked`: NaN-filled, up against an unreadable page
  char *map, *p; size_t bytes;
  Buffer(size_t n, bool checked) : bytes((n + 16 + 4095) / 4096 * 4096 + 4096) {
    p = map = (char*)mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (checked) mprotect(map + bytes - 4096, 4096, PROT_NONE), p = map + bytes - 4096 - (n + 15) / 16 * 16;
  }
  ~Buffer() { munmap(map, bytes); }
};

// Launch kernel K as cudaLaunchKernel does. `packed`: the arguments laid out as the members of a struct.
struct Config { unsigned grid[3], block[3]; uint64_t shared, schedule, first, last; int worker, checked; };
template <class... A> constexpr std::array<size_t, sizeof...(A) + 1> offsets() {
  std::array<size_t, sizeof...(A) + 1> out{}; size_t at = 0, i = 0;
  ((at = (at + alignof(A) - 1) / alignof(A) * alignof(A), out[i++] = at, at += sizeof(A)), ...);
  return out;
}
template <auto K, bool FIBERS, class... A, size_t... I> int launch(const Config& c, const char* packed, void (*)(A...), std::index_sequence<I...>) {
  size_t threads = size_t(c.block[0]) * c.block[1] * c.block[2], blocks = size_t(c.grid[0]) * c.grid[1] * c.grid[2];
  if (threads - 1 >= MAXT || !blocks) { snprintf(error_text, sizeof error_text, "invalid launch: %zu blocks of %zu threads", blocks, threads); return 1; }
  gridDim = dim3(c.grid[0], c.grid[1], c.grid[2]); blockDim = dim3(c.block[0], c.block[1], c.block[2]); schedule = c.schedule;
  using Args = std::tuple<std::decay_t<A>...>;
  constexpr auto at = offsets<std::decay_t<A>...>();
  Args a(*(const std::decay_t<A>*)(packed + at[I])...);
  struct sigaction before[3], fault = {}; const int signals[3] = {SIGSEGV, SIGBUS, SIGILL};
  fault.sa_sigaction = on_fault; fault.sa_flags = SA_SIGINFO | SA_NODEFER;
  if (c.checked) for (int i = 0; i < 3; i++) sigaction(signals[i], &fault, &before[i]);
  auto work = [&]() -> int {
    Buffer mem(c.shared, c.checked); dynamic_shared = mem.p;
    if (FIBERS && !kept[c.worker]) kept[c.worker] = new Block();
    block = kept[c.worker];
    if (int rc = sigsetjmp(escape, 1)) { if (block) block->cur = -1; return rc; }
    for (size_t i = c.first; i < c.last; i++) {
      blockIdx = {unsigned(i % c.grid[0]), unsigned(i / c.grid[0] % c.grid[1]), unsigned(i / (size_t(c.grid[0]) * c.grid[1]))};
      block_serial++;
      if (c.checked) memset(mem.p, 0xff, c.shared);       // a GPU does not clear shared memory either
      if constexpr (FIBERS) block->run(threads, [](void* p) { K(std::get<I>(*(Args*)p)...); }, &a);
      else if (threads == 1) {                            // constants, so that a block-stride loop is vectorised too
        blockDim = dim3(1, 1, 1); threadIdx = {0, 0, 0}; K(std::get<I>(a)...);
      } else for (unsigned z = 0; z < c.block[2]; z++) for (unsigned y = 0; y < c.block[1]; y++)
        for (unsigned x = 0, nx = c.block[0]; x < nx; x++) { threadIdx = {x, y, z}; K(std::get<I>(a)...); }
    }
    return 0;
  };
  int rc = work();
  if (c.checked) for (int i = 0; i < 3; i++) sigaction(signals[i], &before[i], nullptr);
  return rc;
}
template <class... A> constexpr std::index_sequence_for<A...> indices(void (*)(A...)) { return {}; }
template <class... A> int arg_sizes(void (*)(A...), int* sizes, int* alignments) { int k = 0; ((sizes[k] = sizeof(A), alignments[k++] = alignof(A)), ...); return k; }
}  // namespace emu

// One line per kernel, written by the loader behind the source: EMU_EXPORT(symbol, use_fibers, kernel<float, 4>)
#define EMU_API extern "C" __attribute__((visibility("default")))
#define EMU_EXPORT(SYM, FIBERS, ...) \
  EMU_API int SYM(const emu::Config* c, const char* packed) { return emu::launch<&__VA_ARGS__, FIBERS>(*c, packed, &__VA_ARGS__, emu::indices(&__VA_ARGS__)); } \
  EMU_API int SYM##__args(int* sizes, int* alignments) { return emu::arg_sizes(&__VA_ARGS__, sizes, alignments); }
EMU_API const char* emu_error() { return emu::error_text; }
#define EMU_FRESH(v) { static EMU_TLS uint64_t seen; if (seen != emu::block_serial) seen = emu::block_serial, memset((void*)&v, 0xff, sizeof v); }
#define EMU_LINE int line = __builtin_LINE()

inline void __syncthreads(EMU_LINE) { emu::here().barrier(line, false); }
inline int __syncthreads_count(int p, EMU_LINE) { return emu::here().barrier(line, p != 0); }
inline int __syncthreads_or(int p, EMU_LINE) { return emu::here().barrier(line, p != 0) > 0; }
inline int __syncthreads_and(int p, EMU_LINE) { return emu::here().barrier(line, p == 0) == 0; }
inline void __syncwarp(unsigned mask = ~0u, EMU_LINE) { emu::here().warp(mask, emu::SYNC, 0, 0, line); }
inline unsigned __ballot_sync(unsigned mask, int p, EMU_LINE) { return emu::here().warp(mask, emu::BALLOT, p != 0, 0, line); }
inline int __any_sync(unsigned mask, int p, EMU_LINE) { return __ballot_sync(mask, p, line) != 0; }
inline int __all_sync(unsigned mask, int p, EMU_LINE) { return __ballot_sync(mask, !p, line) == 0; }
namespace emu {
template <class T> T shuffle(unsigned mask, T v, int src, int line) {
  static_assert(sizeof(T) <= 8, "shuffles move at most 8 bytes");
  uint64_t word = 0; memcpy(&word, &v, sizeof v); word = here().warp(mask, SHUFFLE, word, src & 31, line); memcpy(&v, &word, sizeof v); return v;
}
inline int lane() { return here().cur % 32; }
}
template <class T> T __shfl_sync(unsigned m, T v, int src, int width = 32, EMU_LINE) { int l = emu::lane(); return emu::shuffle(m, v, (l & ~(width - 1)) + (src & (width - 1)), line); }
template <class T> T __shfl_down_sync(unsigned m, T v, unsigned d, int width = 32, EMU_LINE) { int l = emu::lane(), s = l + d; return emu::shuffle(m, v, s > (l | (width - 1)) ? l : s, line); }
template <class T> T __shfl_up_sync(unsigned m, T v, unsigned d, int width = 32, EMU_LINE) { int l = emu::lane(), s = l - int(d); return emu::shuffle(m, v, s < (l & ~(width - 1)) ? l : s, line); }
template <class T> T __shfl_xor_sync(unsigned m, T v, int x, int width = 32, EMU_LINE) { int l = emu::lane(), s = l ^ x; return emu::shuffle(m, v, s > (l | (width - 1)) ? l : s, line); }

namespace emu {                        // atomics: real ones, for blocks may run on several OS threads
template <class T, class F> T atomic(T* p, F f) {
  using U = std::conditional_t<sizeof(T) == 8, uint64_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint16_t>>;
  U* q = (U*)p; U old = __atomic_load_n(q, __ATOMIC_RELAXED), now; T v;
  do { memcpy((void*)&v, &old, sizeof v); T r = f(v); memcpy(&now, (void*)&r, sizeof r); }
  while (!__atomic_compare_exchange_n(q, &old, now, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return v;
}
template <class T> struct same { using type = T; };
template <class T> using as = typename same<T>::type;
}
template <class T> T atomicAdd(T* p, emu::as<T> v) { return emu::atomic(p, [=](T x) { return T(x + v); }); }
template <class T> T atomicSub(T* p, emu::as<T> v) { return emu::atomic(p, [=](T x) { return T(x - v); }); }
template <class T> T atomicMax(T* p, emu::as<T> v) { return emu::atomic(p, [=](T x) { return x < v ? v : x; }); }
template <class T> T atomicMin(T* p, emu::as<T> v) { return emu::atomic(p, [=](T x) { return v < x ? v : x; }); }
template <class T> T atomicOr(T* p, emu::as<T> v) { return emu::atomic(p, [=](T x) { return T(x | v); }); }
template <class T> T atomicAnd(T* p, emu::as<T> v) { return emu::atomic(p, [=](T x) { return T(x & v); }); }
template <class T> T atomicExch(T* p, emu::as<T> v) { return emu::atomic(p, [=](T) { return v; }); }
template <class T> T atomicCAS(T* p, emu::as<T> cmp, emu::as<T> v) { return emu::atomic(p, [=](T x) { return x == cmp ? v : x; }); }
inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_block() { __threadfence(); }
inline void __trap() { abort(); }
#include "cuda_on_cpu_math.h"          // fast math, bit casts, float2..float4, __half, __nv_bfloat16
#include "vector_math.h"               // exp, log, tanh, erf that vectorise; last, for these are macros
