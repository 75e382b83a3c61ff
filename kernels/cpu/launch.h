// A grid of blocks, and the functions that the library exports.
//
// The launcher passes one packed record: Launch, and behind it the arguments as C lays out a struct. If several OS
// threads are to share the work, they all call with the same Progress and take blocks from it until there are none. So
// nobody waits for a thread that the system has not woken yet: the others do its part.
#pragma once

namespace emu {

struct Launch {
  unsigned grid[3], block[3];
  uint64_t shared_bytes, schedule;
};
constexpr size_t ARGUMENTS_AT = 48;  // in the packed record: a multiple of the largest alignment
static_assert(sizeof(Launch) <= ARGUMENTS_AT, "the arguments follow the launch");

struct Progress {
  std::atomic<uint64_t> next;      // the first block that nobody has taken
  std::atomic<uint32_t> running;   // how many OS threads are inside
  std::atomic<uint32_t> failed;
  uint32_t workers;
  char error[1000];
};

// ---- dynamic shared memory ------------------------------------------------------------------------------------------

static thread_local char* dynamic_memory = nullptr;
static thread_local size_t dynamic_bytes = 0;

#ifdef EMU_CHECKED
// Memory with a gigabyte on either side that belongs to nobody.
struct Guarded {
  static constexpr size_t AROUND = size_t(1) << 30;
  size_t whole = 0;
  char* map = nullptr;
  char* reserve(size_t bytes) {
    size_t inside = (bytes + 65535) / 65536 * 65536;
    whole = inside + 2 * AROUND;
    map = (char*)mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) map = nullptr, say("no memory"), leave();
    mprotect(map + AROUND, inside, PROT_READ | PROT_WRITE);
    return map + AROUND;
  }
  ~Guarded() { if (map) munmap(map, whole); }
};
// `extern __shared__ T name[]`
template <class T> T* dynamic_shared(const char* name) {
  bool before = watching;
  watching = false;
  Region& region = *shared_regions.first;
  region.name = name, region.item = sizeof(T);
  watching = before;
  return (T*)dynamic_memory;
}
#else
template <class T> T* dynamic_shared(const char*) { return (T*)dynamic_memory; }
inline void reserve_dynamic(size_t bytes) {
  if (bytes <= dynamic_bytes) return;
  free(dynamic_memory);
  dynamic_bytes = (bytes + 4095) / 4096 * 4096;
  dynamic_memory = (char*)aligned_alloc(64, dynamic_bytes);
}
#endif

// ---- one kernel -----------------------------------------------------------------------------------------------------

template <class... A> constexpr std::array<size_t, sizeof...(A) + 1> offsets() {
  std::array<size_t, sizeof...(A) + 1> result{};
  size_t at = ARGUMENTS_AT, i = 0;
  ((at = (at + alignof(A) - 1) / alignof(A) * alignof(A), result[i++] = at, at += sizeof(A)), ...);
  return result;
}
template <class T> T unpacked(const char* at) {
  T value;
  memcpy((void*)&value, at, sizeof value);
  return value;
}

template <auto KERNEL, bool FIBERS, class... A> struct Entry {
  using Arguments = std::tuple<std::decay_t<A>...>;

  template <size_t... I> static Arguments unpack(const char* packed, std::index_sequence<I...>) {
    constexpr auto at = offsets<std::decay_t<A>...>();
    (void)at;
    return Arguments(unpacked<std::decay_t<A>>(packed + at[I])...);
  }
  static EMU_FN void call(Arguments& a) { call_with(a, std::index_sequence_for<A...>()); }
  template <size_t... I> static EMU_FN void call_with(Arguments& a, std::index_sequence<I...>) {
    KERNEL(std::get<I>(a)...);
  }

  // All threads of the block blockIdx.
  static void run_block(const Launch& launch, Arguments& a) {
    const unsigned nx = launch.block[0], ny = launch.block[1], nz = launch.block[2];
    if constexpr (FIBERS) {
      block->run(int(nx * ny * nz), [](void* p) { call(*(Arguments*)p); }, &a);
    } else if (nx * ny * nz == 1) {  // constants: so a loop over blockDim.x is one over neighbours, and is vectorised
      blockDim = dim3(1, 1, 1), threadIdx = {0, 0, 0};
      watching = true;
      call(a);
      watching = false;
    } else {
      watching = true;
      for (unsigned z = 0; z < nz; z++)
        for (unsigned y = 0; y < ny; y++)
          for (unsigned x = 0; x < nx; x++) {
            threadIdx = {x, y, z};
            call(a);
          }
      watching = false;
    }
  }
};

inline void begin_block(const Launch& launch, uint64_t i) {
  uint64_t gx = launch.grid[0], gy = launch.grid[1];
  blockIdx = {unsigned(i % gx), unsigned(i / gx % gy), unsigned(i / (gx * gy))};
#ifdef EMU_CHECKED
  block_serial++;
  if (racing) settle(), races_block_begins(uint32_t(i));
  if (launch.shared_bytes) {
    memset(dynamic_memory, 0xff, launch.shared_bytes);
    memset(shared_regions.first->written, 0, launch.shared_bytes);
  }
#endif
}

// Which block is the i-th to run. Blocks too may come in any order; the checked build tries them by the schedule.
inline uint64_t in_order(uint64_t i, uint64_t blocks, uint64_t schedule) {
#ifdef EMU_CHECKED
  if (schedule == 1) return blocks - 1 - i;
  if (schedule > 1) {
    uint64_t step = schedule % blocks | 1;
    while (std::gcd(step, blocks) != 1) step += 2;  // then i -> i step mod blocks meets every block once
    return i * step % blocks;
  }
#endif
  return i;
}

// Take blocks and run them until there are none.
template <class E, class Arguments> void run_blocks(const Launch& launch, Progress* progress, Arguments& arguments) {
  uint64_t blocks = uint64_t(launch.grid[0]) * launch.grid[1] * launch.grid[2];
  uint64_t step = progress ? blocks / (progress->workers * 4) + 1 : blocks;
  for (;;) {
    uint64_t first = progress ? progress->next.fetch_add(step) : 0;
    for (uint64_t i = first; i < first + step && i < blocks; i++) {
      begin_block(launch, in_order(i, blocks, launch.schedule));
      E::run_block(launch, arguments);
    }
    if (first + step >= blocks) return;
  }
}

inline Block* block_of_this_thread() {  // kept as long as the OS thread lives
  static thread_local std::unique_ptr<Block> mine;
  if (!mine) mine.reset(new Block);
  return mine.get();
}

// The kernel may leave by longjmp, so nothing here has a destructor that must run. Returns 0, or 1 with a message.
template <class E, class Arguments>
int guarded_run(const Launch& launch, Progress* progress, Arguments& arguments, bool fibers) {
  error_text[0] = 0;
  launching = true;
  if (setjmp(escape)) {
    launching = false;
    if (block) block->current = -1;
    return 1;
  }
  size_t threads = size_t(launch.block[0]) * launch.block[1] * launch.block[2];
  if (threads - 1 >= MOST_THREADS) {
    say("invalid launch: %zu threads in a block; at most %d", threads, MOST_THREADS);
    leave();
  }
  gridDim = dim3(launch.grid[0], launch.grid[1], launch.grid[2]);
  blockDim = dim3(launch.block[0], launch.block[1], launch.block[2]);
  if (fibers) {
    block = block_of_this_thread();
    block->stacks.reserve(threads);
    block->order.state = launch.schedule;
  }
  run_blocks<E>(launch, progress, arguments);
#ifdef EMU_CHECKED
  if (racing) settle();
#endif
  launching = false;
  return 0;
}

template <auto KERNEL, bool FIBERS, class... A> int launch(const char* packed, Progress* progress, void (*)(A...)) {
  using E = Entry<KERNEL, FIBERS, A...>;
  const Launch launch = unpacked<Launch>(packed);
  auto arguments = E::unpack(packed, std::index_sequence_for<A...>());
#ifdef EMU_CHECKED
  Guarded memory;
  Signals signals;
  if (launch.shared_bytes) {
    char* p = dynamic_memory = memory.reserve(launch.shared_bytes);
    Region& region = shared_region(p, launch.shared_bytes, 4, "memory");
    region.reach_low = p - Guarded::AROUND, region.reach_high = p + Guarded::AROUND;
  }
#else
  reserve_dynamic(launch.shared_bytes);
#endif
  if (!progress) return guarded_run<E>(launch, progress, arguments, FIBERS);
  progress->running++;
  int rc = guarded_run<E>(launch, progress, arguments, FIBERS);
  if (rc && !progress->failed.exchange(1)) strncpy(progress->error, error_text, sizeof progress->error - 1);
  if (rc) progress->next = ~0ull >> 2;  // nobody need go on
  progress->running--;
  return rc;
}

// Wait for the other OS threads, which finish the blocks they have.
inline int wait_for_others(Progress* progress) {
  for (int i = 0; progress->running; i++)
    if (i > 1000) sched_yield();
  return int(progress->failed);
}

template <class... A> int sizes_of_arguments(void (*)(A...), int* sizes, int* alignments) {
  int count = 0;
  ((sizes[count] = sizeof(A), alignments[count++] = alignof(A)), ...);
  return count;
}

}  // namespace emu

EMU_API const char* emu_error() { return emu::error_text; }
EMU_API int emu_wait(emu::Progress* progress) { return emu::wait_for_others(progress); }

// One line for each kernel, written by the launcher behind the source: EMU_EXPORT(symbol, fibers, kernel<float, 4>)
#define EMU_EXPORT(SYMBOL, FIBERS, ...)                                                      \
  EMU_API int SYMBOL(const char* packed, emu::Progress* progress) {                          \
    return emu::launch<&__VA_ARGS__, FIBERS>(packed, progress, &__VA_ARGS__);                \
  }                                                                                          \
  EMU_API int SYMBOL##__args(int* sizes, int* alignments) {                                  \
    return emu::sizes_of_arguments(&__VA_ARGS__, sizes, alignments);                         \
  }
