// Every access of a kernel is looked at: the checked build.
//
// With -fsanitize=thread the compiler calls __tsan_read4(address) before it reads four bytes, __tsan_write8 before it
// writes eight, and so on. Usually ThreadSanitizer's library has these functions; here they are our own, and ask:
//
//     is it inside an array?        The launcher has copied every array that the kernel gets into memory of its own,
//                                   with gigabytes around it that belong to nobody ("reach"): so index -1 and
//                                   index n are both seen
//     may it be written?            not through a parameter `const T*`
//     has it been written?          shared memory is undefined when a block starts; reading it then is an error
//     does it race with another?    in the race mode: races.h
//
// What belongs to no array (locals, constants) is let through. The functions in the shim itself run with `watching`
// off.
#pragma once

namespace emu {

struct Region {  // race.py and guard.py have the same fields
  char *low, *high;              // the bytes that may be touched
  char *reach_low, *reach_high;  // an address in between was meant to be one of them
  uint32_t unit, item;           // bytes of a Cell; bytes of an element
  uint32_t writable, spare;
  const char* name;              // of a shared variable
  unsigned char* written;        // of shared memory: which bytes have been written
  Cell* cells;                   // in the race mode
};

static thread_local Region* regions = nullptr;  // of this launch, by address
static thread_local size_t region_count = 0;
static thread_local struct { Region* first; int count; } shared_regions;  // `__shared__` variables
static thread_local unsigned timeout_seconds = 0;
static thread_local uint64_t block_serial = 0;  // counts blocks: which variables are undefined again

constexpr int MOST_VARIABLES = 256;

inline uint32_t unit_of(uint32_t item) { return item % 4 == 0 ? 4 : item % 2 == 0 ? 2 : 1; }

EMU_HOT inline Region* region_of(const char* p) {
  for (int i = 0; i < shared_regions.count; i++) {
    Region* region = shared_regions.first + i;
    if (p >= region->reach_low && p < region->reach_high) return region;
  }
  size_t low = 0, high = region_count;  // the last region whose reach begins at or before p
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (regions[middle].reach_low <= p) low = middle + 1;
    else high = middle;
  }
  return low && p < regions[low - 1].reach_high ? &regions[low - 1] : nullptr;
}

inline const char* verb(Kind kind) { return kind == READ ? "read" : kind == WRITE ? "write" : "atomic operation"; }

[[noreturn]] inline void refuse(const Region& region, const char* what, const char* p, size_t size, const char* why,
                                const void* pc) {
  say("%s ", what);
  if (region.name) {
    long long item = region.item, offset = p - region.low, count = (region.high - region.low) / item;
    long long index = offset >= 0 ? offset / item : -((-offset - 1) / item) - 1;  // rounded down
    say("at index %lld of shared %s (%lld elements)", index, region.name, count);
  } else say("at <address %p %zu>", (const void*)p, size);
  say("%s at <pc 0x%x>", why, code_offset(pc));
  fail_here();
}

EMU_HOT inline void examine(const volatile void* address, size_t size, Kind kind, const void* pc) {
  const char* p = (const char*)address;
  Region* region = region_of(p);
  if (!region) {  // a __device__ variable
    if (racing && kind == ATOMIC) order_by_atomic(address);
    return;
  }
  if (p < region->low || p + size > region->high) refuse(*region, verb(kind), p, size, ": out of bounds,", pc);
  if (kind != READ && !region->writable) refuse(*region, verb(kind), p, size, ", which is const,", pc);
  size_t offset = p - region->low;
  if (region->written) {
    if (kind != WRITE && memchr(region->written + offset, 0, size))
      refuse(*region, verb(kind), p, size, ", which no thread of the block has written,", pc);
    memset(region->written + offset, 1, size);
  }
  if (racing) note_access(region->cells, offset, address, size, region->unit, region->item, region->name, kind, pc);
  if (racing && kind == ATOMIC) order_by_atomic(address);
}

EMU_HOT inline void look_at(const volatile void* address, size_t size, Kind kind, const void* pc) {
  if (!watching || !size) return;
  watching = false, last_access = pc;
  examine(address, size, kind, pc);
  watching = true;
}
EMU_HOT inline void atomic_access(const volatile void* address, size_t size, const void* pc) {
  look_at(address, size, ATOMIC, pc);
}

inline void atomic_comparison(const volatile void* address) {
  const char* p = (const char*)address;
  Region* region = racing && watching ? region_of(p) : nullptr;
  if (region && p >= region->low && p < region->high) note_guess(region->cells[(p - region->low) / region->unit]);
}

// ---- shared memory --------------------------------------------------------------------------------------------------

inline void add_cells(Region& region) {
  if (racing) region.cells = (Cell*)calloc((region.high - region.low) / region.unit + 2, sizeof(Cell));
}
inline Region& shared_region(char* p, size_t bytes, uint32_t item, const char* name) {
  for (int i = 0; i < shared_regions.count; i++)
    if (shared_regions.first[i].low == p) return shared_regions.first[i];
  if (shared_regions.count == MOST_VARIABLES) say("more than %d shared variables", MOST_VARIABLES), leave();
  Region& region = shared_regions.first[shared_regions.count++];
  region = {p, p + bytes, p, p + bytes, unit_of(item), item, 1, 0, name, (unsigned char*)malloc(bytes + 1), nullptr};
  add_cells(region);
  return region;
}
// A `__shared__` variable as a block finds it: garbage, here NaN, that nobody has written.
inline void make_undefined(void* p, size_t bytes, uint32_t item, const char* name) {
  bool before = watching;
  watching = false;
  memset(p, 0xff, bytes);
  memset(shared_region((char*)p, bytes, item, name).written, 0, bytes);
  watching = before;
}
#define EMU_UNDEFINED(V)                                                                                       \
  {                                                                                                            \
    static thread_local uint64_t seen = 0;                                                                     \
    if (seen != emu::block_serial) {                                                                           \
      seen = emu::block_serial;                                                                                \
      emu::make_undefined((void*)&V, sizeof V, sizeof(std::remove_all_extents_t<decltype(V)>), #V);             \
    }                                                                                                          \
  }

inline void forget_shared_regions() {
  if (!shared_regions.first) shared_regions.first = new Region[MOST_VARIABLES];
  for (int i = 0; i < shared_regions.count; i++) {
    free(shared_regions.first[i].written);
    free(shared_regions.first[i].cells);
  }
  shared_regions.count = 0;
}

}  // namespace emu

// The launcher calls this before a launch: the arrays, and what to look for.
EMU_API void emu_watch(emu::Region* regions, size_t count, int racing, unsigned timeout_seconds) {
  emu::regions = regions, emu::region_count = count, emu::racing = racing, emu::timeout_seconds = timeout_seconds;
  emu::last_access = nullptr;
  emu::forget_shared_regions();
  if (!racing) return;
  emu::races_begin();
  for (size_t i = 0; i < count; i++) emu::add_cells(regions[i]);
}
// And this behind it: the races that were found.
EMU_API size_t emu_races(const emu::Race** found) {
  for (size_t i = 0; i < emu::region_count; i++) free(emu::regions[i].cells), emu::regions[i].cells = nullptr;
  emu::region_count = 0;
  if (!emu::racing) return 0;
  emu::racing = false;
  emu::forgive_guesses();
  *found = emu::history->races.data();
  return emu::history->races.size();
}

// ---- what the compiler calls ----------------------------------------------------------------------------------------

#define EMU_HOOK extern "C" __attribute__((visibility("hidden"), noinline)) EMU_HOT __attribute__((used))
#define EMU_HOOKS(BYTES)                                                                                          \
  EMU_HOOK void __tsan_read##BYTES(void* p) { emu::look_at(p, BYTES, emu::READ, __builtin_return_address(0)); }   \
  EMU_HOOK void __tsan_write##BYTES(void* p) { emu::look_at(p, BYTES, emu::WRITE, __builtin_return_address(0)); } \
  EMU_HOOK void __tsan_unaligned_read##BYTES(void* p) {                                                           \
    emu::look_at(p, BYTES, emu::READ, __builtin_return_address(0));                                               \
  }                                                                                                               \
  EMU_HOOK void __tsan_unaligned_write##BYTES(void* p) {                                                          \
    emu::look_at(p, BYTES, emu::WRITE, __builtin_return_address(0));                                              \
  }
EMU_HOOKS(1)
EMU_HOOKS(2)
EMU_HOOKS(4)
EMU_HOOKS(8)
EMU_HOOKS(16)
EMU_HOOK void __tsan_read_range(void* p, size_t n) { emu::look_at(p, n, emu::READ, __builtin_return_address(0)); }
EMU_HOOK void __tsan_write_range(void* p, size_t n) { emu::look_at(p, n, emu::WRITE, __builtin_return_address(0)); }
EMU_HOOK void __tsan_init() {}
EMU_HOOK void __tsan_func_entry(void*) {}
EMU_HOOK void __tsan_func_exit() {}
EMU_HOOK void __tsan_vptr_update(void*, void*) {}
EMU_HOOK void __tsan_vptr_read(void*) {}
// The shim's own atomic instructions, which it looks at itself (atomics.h): only the instruction is left to do.
EMU_HOOK void __tsan_atomic_thread_fence(int) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
#define EMU_ATOMIC_HOOKS(BITS, T)                                                                                     \
  EMU_HOOK T __tsan_atomic##BITS##_load(const volatile T* p, int) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }     \
  EMU_HOOK void __tsan_atomic##BITS##_store(volatile T* p, T v, int) { __atomic_store_n(p, v, __ATOMIC_SEQ_CST); }     \
  EMU_HOOK T __tsan_atomic##BITS##_fetch_add(volatile T* p, T v, int) {                                               \
    return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);                                                                \
  }                                                                                                                   \
  EMU_HOOK T __tsan_atomic##BITS##_fetch_sub(volatile T* p, T v, int) {                                               \
    return __atomic_fetch_sub(p, v, __ATOMIC_SEQ_CST);                                                                \
  }                                                                                                                   \
  EMU_HOOK T __tsan_atomic##BITS##_exchange(volatile T* p, T v, int) {                                                \
    return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);                                                               \
  }                                                                                                                   \
  EMU_HOOK bool __tsan_atomic##BITS##_compare_exchange_strong(volatile T* p, T* old, T v, int, int) {                 \
    return __atomic_compare_exchange_n(p, old, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                         \
  }                                                                                                                   \
  EMU_HOOK bool __tsan_atomic##BITS##_compare_exchange_weak(volatile T* p, T* old, T v, int, int) {                   \
    return __atomic_compare_exchange_n(p, old, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                         \
  }
EMU_ATOMIC_HOOKS(8, uint8_t)
EMU_ATOMIC_HOOKS(16, uint16_t)
EMU_ATOMIC_HOOKS(32, uint32_t)
EMU_ATOMIC_HOOKS(64, uint64_t)
