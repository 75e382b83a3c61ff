// Who touched this word before? The race detector of the checked build.
//
// Two accesses race if at least one writes, not both are atomic, and nothing orders them: on a GPU either may come
// first. Every word of an array and of shared memory has a Cell that remembers the last write and two reads by
// different threads. An access is *ordered* after an earlier one, if
//
//     same thread                  always
//     same block                   a __syncthreads() lies between: the earlier one has a smaller epoch
//     same warp                    a __syncwarp() of both lies between: each lane counts its own, and knows of the
//                                  others' counts what the last __syncwarp told it
//     any two threads              the earlier one has passed __threadfence() and then an atomic operation on some
//                                  word, the later one an atomic operation on the same word afterwards. Nothing else
//                                  orders blocks, although here they run one after another
//
// That does not depend on the order in which threads happen to run, so one run suffices. Two threads that write the
// same value to a word are let through: `*found = 1` by everybody is common and works.
#pragma once

namespace emu {

enum Kind : uint32_t { NOBODY, READ, WRITE, ATOMIC };

struct Access {  // the launcher reads it: race.py has the same fields
  uint32_t block, epoch;  // epoch: how many barriers the block had passed
  uint32_t thread, tick;  // tick: how many __syncwarp the lane had passed
  uint32_t code;          // where in the library
  Kind kind;
};
struct Cell { Access write, reads[2]; };
struct Race {
  uint64_t address;
  uint32_t size, item;
  Access first, second;
  char shared[32];  // the name of the shared variable; empty: global memory
  uint64_t low;     // where that variable begins
};
struct Done {  // by a fence and an atomic operation, a thread said that it had come so far
  uint32_t block, epoch, thread, tick;
};
struct Learned {  // thread `by` of this block, in epoch `at`, came to that word when so many had said so
  const std::vector<Done>* done;
  size_t count;
  uint32_t by, at;
};

struct History {
  uint32_t lane_clock[1024][32];  // of each thread: the tick of each lane of its warp that it knows of
  uint32_t fence_epoch[1024];     // of each thread: 1 + the epoch of its last __threadfence()
  std::vector<Race> races;
  std::map<const volatile void*, std::vector<Done>> releases;  // by the atomic word
  std::vector<Learned> learned;                                 // by this block
  std::vector<uint32_t> guesses;  // places in the code whose plain read is only the first guess of an atomicCAS
  bool suspicious = false;                                      // two writes, perhaps of the same value
  Race suspicion;
  unsigned char before[16];
};

static thread_local bool racing = false;  // whether this launch is watched for races
static thread_local uint32_t block_number, epoch;
static thread_local History* history = nullptr;

EMU_HOT inline uint32_t thread_number() { return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z); }

inline void races_begin() {
  if (!history) history = new History;
  history->races.clear(), history->releases.clear(), history->guesses.clear(), history->suspicious = false;
}
inline void races_block_begins(uint32_t number) {
  block_number = number, epoch = 0;
  history->learned.clear();
  memset(history->lane_clock, 0, sizeof history->lane_clock);
  memset(history->fence_epoch, 0, sizeof history->fence_epoch);
  for (int thread = 0; thread < 1024; thread++) history->lane_clock[thread][thread % 32] = 1;
}

EMU_HOT inline void report(const Race& race) {
  for (const Race& other : history->races)  // the same two places once
    if (other.first.code == race.first.code && other.second.code == race.second.code) return;
  if (history->races.size() < 64) history->races.push_back(race);
}
// A write that followed an unordered write: it is a race only if it changed something. Known at the next event.
EMU_HOT inline void settle() {
  if (!history->suspicious) return;
  history->suspicious = false;
  const Race& race = history->suspicion;
  if (memcmp((void*)race.address, history->before, race.size)) report(race);
}

// Whether an atomic operation told the block, or this thread, of the earlier access.
EMU_HOT inline bool told(const Access& earlier, const Access& now) {
  for (const Learned& l : history->learned) {
    if (now.thread != l.by && now.epoch <= l.at) continue;
    for (size_t i = 0; i < l.count; i++) {
      const Done& d = (*l.done)[i];
      bool itself = earlier.epoch == d.epoch && earlier.thread == d.thread && earlier.tick <= d.tick;
      if (earlier.block == d.block && (earlier.epoch < d.epoch || itself)) return true;
    }
  }
  return false;
}

EMU_HOT inline bool ordered(const Access& earlier, const Access& now, bool shared) {
  if (earlier.block != now.block) return shared || told(earlier, now);  // its shared memory was another memory
  if (earlier.thread == now.thread || earlier.epoch < now.epoch) return true;
  if (earlier.thread / 32 == now.thread / 32 && history->lane_clock[now.thread][earlier.thread % 32] >= earlier.tick)
    return true;
  return told(earlier, now);
}

// `name`: of the shared variable, or null for global memory; `unit`: bytes that a cell stands for
EMU_HOT inline void note_access(Cell* cells, size_t offset, const volatile void* address, size_t size, uint32_t unit,
                                uint32_t item, const char* name, Kind kind, const void* pc) {
  settle();
  uint32_t thread = thread_number();
  Access now = {block_number, epoch, thread, history->lane_clock[thread][thread % 32], code_offset(pc), kind};
  for (size_t i = offset / unit, end = (offset + size + unit - 1) / unit; i < end; i++) {
    Cell& cell = cells[i];
    const Access* against = nullptr;
    auto conflicts = [&](const Access& earlier) {
      return earlier.kind && !(earlier.kind == ATOMIC && kind == ATOMIC) && !ordered(earlier, now, name);
    };
    if (conflicts(cell.write)) against = &cell.write;
    else if (kind != READ)
      for (const Access& read : cell.reads)
        if (conflicts(read)) against = &read;
    if (against) {
      Race race = {(uint64_t)address, (uint32_t)size, item, *against, now, {}, (uint64_t)address - offset};
      if (name) strncpy(race.shared, name, sizeof race.shared - 1);
      if (kind == WRITE && against->kind == WRITE && size <= sizeof history->before) {
        history->suspicious = true, history->suspicion = race;
        memcpy(history->before, (const void*)address, size);
      } else report(race);
    }
    if (kind != READ) {
      cell.write = now, cell.reads[0].kind = cell.reads[1].kind = NOBODY;
    } else {
      bool same = cell.reads[0].block == now.block && cell.reads[0].thread == thread;
      if (!same) cell.reads[1] = cell.reads[0];
      cell.reads[0] = now;
    }
  }
}

// `old = *p; do ... atomicCAS(p, old, ...)`: the plain read of *p is a guess, and atomicCAS finds out if it was wrong.
EMU_HOT inline void note_guess(const Cell& cell) {
  for (const Access& read : cell.reads) {
    if (read.kind != READ || read.block != block_number || read.thread != thread_number()) continue;
    auto& guesses = history->guesses;
    if (std::find(guesses.begin(), guesses.end(), read.code) == guesses.end()) guesses.push_back(read.code);
  }
}
// Such a read races with no atomic operation.
inline void forgive_guesses() {
  auto guess = [](const Access& one, const Access& other) {
    auto& all = history->guesses;
    return one.kind == READ && other.kind == ATOMIC && std::find(all.begin(), all.end(), one.code) != all.end();
  };
  auto& races = history->races;
  auto forgiven = [&](const Race& race) { return guess(race.first, race.second) || guess(race.second, race.first); };
  races.erase(std::remove_if(races.begin(), races.end(), forgiven), races.end());
}

// ---- what orders ----------------------------------------------------------------------------------------------------

inline void barrier_passed() {
  if (!racing) return;
  settle();
  epoch++;
}
inline void warp_synchronised(int warp, unsigned lanes) {
  if (!racing) return;
  settle();
  auto* clock = history->lane_clock + warp * 32;
  uint32_t all[32] = {};
  for (int lane = 0; lane < 32; lane++)
    if (lanes >> lane & 1)
      for (int other = 0; other < 32; other++) all[other] = std::max(all[other], clock[lane][other]);
  for (int lane = 0; lane < 32; lane++)
    if (lanes >> lane & 1) {
      memcpy(clock[lane], all, sizeof all);
      clock[lane][lane]++;
    }
}
inline void fence_passed() {
  if (racing) history->fence_epoch[thread_number()] = epoch + 1;
}
// An atomic operation hands on what its thread had done before its fence, and learns what others handed on there. The
// fence may stand in the same epoch or, if all threads passed it, before the last barrier.
inline void order_by_atomic(const volatile void* word) {
  uint32_t thread = thread_number(), fence = history->fence_epoch[thread];
  auto& done = history->releases[word];
  if (!done.empty()) history->learned.push_back({&done, done.size(), thread, epoch});
  if (!fence || fence < epoch) return;
  uint32_t& tick = history->lane_clock[thread][thread % 32];
  done.push_back({block_number, epoch, thread, tick++});
}

}  // namespace emu
