// Atomic operations. They are real ones, for the blocks of a launch may run on several OS threads.
//
// All but the simplest go round a loop: read, compute, and write only if nobody has written meanwhile.
#pragma once

namespace emu {

template <size_t BYTES> struct Word;
template <> struct Word<2> { using type = uint16_t; };
template <> struct Word<4> { using type = uint32_t; };
template <> struct Word<8> { using type = uint64_t; };

template <class T> struct as_given { using type = T; };
template <class T> using same = typename as_given<T>::type;  // not deduced: atomicAdd(float*, 1) adds 1.0f

#ifdef EMU_CHECKED
#define EMU_ATOMIC(p) emu::atomic_access(p, sizeof *p, __builtin_return_address(0))
#define EMU_COMPARISON(p) emu::atomic_comparison(p)
#define EMU_ATOMIC_FN __attribute__((noinline)) inline
#else
#define EMU_ATOMIC(p)
#define EMU_COMPARISON(p)
#define EMU_ATOMIC_FN inline
#endif

template <class T, class F> T replace(T* p, F f) {
  using W = typename Word<sizeof(T)>::type;
  bool before = watching;
  watching = false;  // the access has been looked at as an atomic one
  W* word = (W*)p;
  W old = __atomic_load_n(word, __ATOMIC_RELAXED), wanted;
  T value;
  do {
    memcpy((void*)&value, &old, sizeof value);
    T result = f(value);
    memcpy(&wanted, (void*)&result, sizeof result);
  } while (!__atomic_compare_exchange_n(word, &old, wanted, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  watching = before;
  return value;
}

}  // namespace emu

#define EMU_DEFINE_ATOMIC(NAME, RESULT)                                             \
  template <class T> EMU_ATOMIC_FN T NAME(T* p, emu::same<T> v) {                     \
    EMU_ATOMIC(p);                                                                    \
    return emu::replace(p, [=](T x) { return RESULT; });                              \
  }                                                                                   \
  template <class T> EMU_ATOMIC_FN T NAME##_block(T* p, emu::same<T> v) {             \
    EMU_ATOMIC(p);                                                                    \
    return emu::replace(p, [=](T x) { return RESULT; });                              \
  }
EMU_DEFINE_ATOMIC(atomicAdd, T(x + v))
EMU_DEFINE_ATOMIC(atomicSub, T(x - v))
EMU_DEFINE_ATOMIC(atomicMax, x < v ? v : x)
EMU_DEFINE_ATOMIC(atomicMin, v < x ? v : x)
EMU_DEFINE_ATOMIC(atomicOr, T(x | v))
EMU_DEFINE_ATOMIC(atomicAnd, T(x & v))
EMU_DEFINE_ATOMIC(atomicXor, T(x ^ v))
EMU_DEFINE_ATOMIC(atomicExch, v)
EMU_DEFINE_ATOMIC(atomicInc, x >= v ? T(0) : T(x + 1))
EMU_DEFINE_ATOMIC(atomicDec, x == 0 || x > v ? v : T(x - 1))

template <class T> EMU_ATOMIC_FN T atomicCAS(T* p, emu::same<T> expected, emu::same<T> v) {
  EMU_COMPARISON(p);
  EMU_ATOMIC(p);
  return emu::replace(p, [=](T x) { return x == expected ? v : x; });
}
// Two halves are added one by one, as on a GPU: each addition is atomic, the pair is not.
EMU_ATOMIC_FN __half2 atomicAdd(__half2* p, __half2 v) { return {atomicAdd(&p->x, v.x), atomicAdd(&p->y, v.y)}; }
EMU_ATOMIC_FN __nv_bfloat162 atomicAdd(__nv_bfloat162* p, __nv_bfloat162 v) {
  return {atomicAdd(&p->x, v.x), atomicAdd(&p->y, v.y)};
}

inline void __threadfence() {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
#ifdef EMU_CHECKED
  emu::fence_passed();
#endif
}
inline void __threadfence_system() { __threadfence(); }
inline void __threadfence_block() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
