// Warp intrinsics: 32 lanes trade values.
//
// A lane hands in its value and the mask of lanes it expects, and waits. When every live lane of the mask has come,
// each gets its result: the value of another lane (SHUFFLE), a bit of every lane (BALLOT), the lanes that have the same
// value (MATCH), or nothing (SYNC). Only __syncwarp orders memory; the others do not, and the race detector knows that.
#pragma once

namespace emu {

inline void Block::exchange(int index, unsigned mask) {
  Warp& warp = warps[index];
  unsigned here = mask & warp.alive, ballot = 0;
  if (!here || (warp.waiting & here) != here) return;
  int first = __builtin_ctz(here);
  for (int lane = 0; lane < 32; lane++)
    if (here >> lane & 1) {
      if (warp.mask[lane] != mask || warp.operation[lane] != warp.operation[first])
        fail("lanes of a warp disagree on mask or intrinsic", index * 32 + first, index * 32 + lane);
      ballot |= unsigned(warp.value[lane] != 0) << lane;
    }
  for (int lane = 0; lane < 32; lane++) {
    if (!(here >> lane & 1)) continue;
    uint64_t& result = warp.result[lane];
    switch (warp.operation[lane]) {
      case SHUFFLE: {  // from a lane that takes no part one gets garbage: -1 or NaN
        int source = warp.source[lane];
        result = here >> source & 1 ? warp.value[source] : ~0ull;
        break;
      }
      case BALLOT: result = ballot; break;
      case MATCH:
        result = 0;
        for (int other = 0; other < 32; other++)
          if (here >> other & 1 && warp.value[other] == warp.value[lane]) result |= 1u << other;
        break;
      case SYNC: break;
    }
  }
#ifdef EMU_CHECKED
  if (warp.operation[first] == SYNC) warp_synchronised(index, here);
#endif
  warp.waiting &= ~here;
  wake(index * 32, index * 32 + 32, [&](int i) { return here >> i % 32 & 1; });
}

inline uint64_t Block::take_part(unsigned mask, WarpOperation operation, uint64_t value, int source, Place at) {
  watching = false;
  int index = current / 32, lane = current % 32;
  Warp& warp = warps[index];
  threads[current].at = at, threads[current].state = IN_WARP;
  if (!(mask >> lane & 1)) fail("a lane is missing from its own mask", current, current);
  warp.value[lane] = value, warp.mask[lane] = mask;
  warp.source[lane] = uint8_t(source), warp.operation[lane] = operation;
  warp.waiting |= 1u << lane;
  exchange(index, mask);
  run_next();
  watching = true;
  return warp.result[lane];
}

template <class T> uint64_t word_of_value(T value) {
  static_assert(sizeof(T) <= 8, "warp intrinsics move at most 8 bytes");
  uint64_t word = 0;
  memcpy(&word, (const void*)&value, sizeof value);
  return word;
}
template <class T> T shuffle(unsigned mask, T value, int source, Place at) {
  uint64_t word = this_block().take_part(mask, SHUFFLE, word_of_value(value), source & 31, at);
  memcpy((void*)&value, &word, sizeof value);
  return value;
}
inline int lane() { return this_block().current % 32; }

// Every lane gets the values of all lanes of the mask, combined by `op`.
template <class T, class Op> T reduce(unsigned mask, T value, Op op, Place at) {
  bool first = true;
  T result = value;
  for (int source = 0; source < 32; source++) {
    if (!(mask >> source & 1)) continue;
    T other = shuffle(mask, value, source, at);
    result = first ? other : op(result, other);
    first = false;
  }
  return result;
}

}  // namespace emu

inline void __syncwarp(unsigned mask = ~0u, EMU_CALLER) {
  emu::this_block().take_part(mask, emu::SYNC, 0, 0, {file, line});
}
inline unsigned __activemask() {  // which lanes run together is the hardware's choice: here all that are alive
  return emu::this_block().warps[emu::this_block().current / 32].alive;
}
inline unsigned __ballot_sync(unsigned mask, int p, EMU_CALLER) {
  return unsigned(emu::this_block().take_part(mask, emu::BALLOT, p != 0, 0, {file, line}));
}
inline int __any_sync(unsigned mask, int p, EMU_CALLER) { return __ballot_sync(mask, p, file, line) != 0; }
inline int __all_sync(unsigned mask, int p, EMU_CALLER) { return __ballot_sync(mask, !p, file, line) == 0; }
template <class T> unsigned __match_any_sync(unsigned mask, T value, EMU_CALLER) {
  return unsigned(emu::this_block().take_part(mask, emu::MATCH, emu::word_of_value(value), 0, {file, line}));
}
template <class T> unsigned __match_all_sync(unsigned mask, T value, int* all, EMU_CALLER) {
  unsigned same = __match_any_sync(mask, value, file, line);
  unsigned here = __ballot_sync(mask, 1, file, line);
  *all = same == here;
  return *all ? here : 0;
}

// width: a warp may be used as several smaller ones; a lane that would read beyond its own part gets its own value.
template <class T> T __shfl_sync(unsigned mask, T value, int source, int width = 32, EMU_CALLER) {
  int lane = emu::lane();
  return emu::shuffle(mask, value, (lane & ~(width - 1)) + (source & (width - 1)), {file, line});
}
template <class T> T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32, EMU_CALLER) {
  int lane = emu::lane(), source = lane + int(by);
  return emu::shuffle(mask, value, source > (lane | (width - 1)) ? lane : source, {file, line});
}
template <class T> T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32, EMU_CALLER) {
  int lane = emu::lane(), source = lane - int(by);
  return emu::shuffle(mask, value, source < (lane & ~(width - 1)) ? lane : source, {file, line});
}
template <class T> T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, EMU_CALLER) {
  int lane = emu::lane(), source = lane ^ bits;
  return emu::shuffle(mask, value, source > (lane | (width - 1)) ? lane : source, {file, line});
}

#define EMU_REDUCE(NAME, T, RESULT)                                             \
  inline T __reduce_##NAME##_sync(unsigned mask, T value, EMU_CALLER) { \
    return emu::reduce(mask, value, [](T a, T b) { return T(RESULT); }, {file, line});      \
  }
EMU_REDUCE(add, int, unsigned(a) + unsigned(b))
EMU_REDUCE(add, unsigned, a + b)
EMU_REDUCE(min, int, a < b ? a : b)
EMU_REDUCE(min, unsigned, a < b ? a : b)
EMU_REDUCE(max, int, a < b ? b : a)
EMU_REDUCE(max, unsigned, a < b ? b : a)
EMU_REDUCE(and, unsigned, a & b)
EMU_REDUCE(or, unsigned, a | b)
EMU_REDUCE(xor, unsigned, a ^ b)
