// Functions of numbers that CUDA C has and C++ has not.
//
// What the C library has under the same name (expf, fmaf, sqrt, erf, sincosf, ...) comes from <math.h>. The fast forms
// with two underscores are as exact as the others here; on a GPU they are short.
#pragma once

template <class A, class B> EMU_FN auto min(A a, B b) {
  using T = std::common_type_t<A, B>;
  return T(a) < T(b) ? T(a) : T(b);
}
template <class A, class B> EMU_FN auto max(A a, B b) {
  using T = std::common_type_t<A, B>;
  return T(a) < T(b) ? T(b) : T(a);
}

EMU_FN float rsqrtf(float x) { return 1.0f / sqrtf(x); }
EMU_FN float rsqrt(float x) { return 1.0f / sqrtf(x); }
EMU_FN double rsqrt(double x) { return 1.0 / sqrt(x); }
EMU_FN float normcdff(float x) { return 0.5f * erfcf(-x * 0.70710678f); }
EMU_FN double normcdf(double x) { return 0.5 * erfc(-x * 0.70710678118654752); }
EMU_FN float __saturatef(float x) { return x < 0 ? 0 : x > 1 ? 1 : x; }

// sin(pi x) and cos(pi x): exact reduction to a quarter turn first.
EMU_FN void sincospi(double x, double* s, double* c) {
  double quarter = nearbyint(2 * x), rest = (x - quarter / 2) * 3.14159265358979323846;
  double sine = sin(rest), cosine = cos(rest);
  int turn = int(quarter - 4 * floor(quarter / 4));
  *s = turn == 0 ? sine : turn == 1 ? cosine : turn == 2 ? -sine : -cosine;
  *c = turn == 0 ? cosine : turn == 1 ? -sine : turn == 2 ? -cosine : sine;
}
EMU_FN double sinpi(double x) { double s, c; sincospi(x, &s, &c); return s; }
EMU_FN double cospi(double x) { double s, c; sincospi(x, &s, &c); return c; }
EMU_FN void sincospif(float x, float* s, float* c) {
  double sine, cosine;
  sincospi((double)x, &sine, &cosine);
  *s = float(sine), *c = float(cosine);
}
EMU_FN void sincospi(float x, float* s, float* c) { sincospif(x, s, c); }
EMU_FN float sinpif(float x) { return float(sinpi((double)x)); }
EMU_FN float cospif(float x) { return float(cospi((double)x)); }

EMU_FN float __expf(float x) { return expf(x); }
EMU_FN float __exp10f(float x) { return exp10f(x); }
EMU_FN float __logf(float x) { return logf(x); }
EMU_FN float __log2f(float x) { return log2f(x); }
EMU_FN float __log10f(float x) { return log10f(x); }
EMU_FN float __sinf(float x) { return sinf(x); }
EMU_FN float __cosf(float x) { return cosf(x); }
EMU_FN float __tanf(float x) { return tanf(x); }
EMU_FN void __sincosf(float x, float* s, float* c) { *s = sinf(x), *c = cosf(x); }
EMU_FN float __powf(float x, float y) { return powf(x, y); }
EMU_FN float __fdividef(float a, float b) { return a / b; }

#define EMU_ROUNDED(T, P, SQRT, FMA)                                 \
  EMU_FN T __##P##add_rn(T a, T b) { return a + b; }                 \
  EMU_FN T __##P##sub_rn(T a, T b) { return a - b; }                 \
  EMU_FN T __##P##mul_rn(T a, T b) { return a * b; }                 \
  EMU_FN T __##P##div_rn(T a, T b) { return a / b; }                 \
  EMU_FN T __##P##rcp_rn(T a) { return T(1) / a; }                   \
  EMU_FN T __##P##sqrt_rn(T a) { return SQRT(a); }
EMU_ROUNDED(float, f, sqrtf, fmaf)
EMU_ROUNDED(double, d, sqrt, fma)
EMU_FN float __frsqrt_rn(float x) { return 1.0f / sqrtf(x); }
EMU_FN float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
EMU_FN double __fma_rn(double a, double b, double c) { return fma(a, b, c); }

EMU_FN int __float2int_rn(float x) { return (int)lrintf(x); }
EMU_FN int __float2int_rz(float x) { return (int)x; }
EMU_FN int __float2int_rd(float x) { return (int)floorf(x); }
EMU_FN int __float2int_ru(float x) { return (int)ceilf(x); }
EMU_FN unsigned __float2uint_rn(float x) { return (unsigned)llrintf(x); }
EMU_FN float __int2float_rn(int x) { return (float)x; }
EMU_FN float __uint2float_rn(unsigned x) { return (float)x; }
EMU_FN float __double2float_rn(double x) { return (float)x; }
EMU_FN int __double2int_rn(double x) { return (int)lrint(x); }
EMU_FN long long __double2ll_rn(double x) { return llrint(x); }

EMU_FN unsigned __umulhi(unsigned a, unsigned b) { return unsigned(uint64_t(a) * b >> 32); }
EMU_FN int __mulhi(int a, int b) { return int(int64_t(a) * b >> 32); }
EMU_FN unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return (unsigned long long)((unsigned __int128)a * b >> 64);
}
EMU_FN long long __mul64hi(long long a, long long b) { return (long long)((__int128)a * b >> 64); }
EMU_FN int __mul24(int a, int b) { return (a << 8 >> 8) * (b << 8 >> 8); }

EMU_FN int __popc(unsigned x) { return __builtin_popcount(x); }
EMU_FN int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
EMU_FN int __clz(int x) { return x ? __builtin_clz(unsigned(x)) : 32; }
EMU_FN int __clzll(long long x) { return x ? __builtin_clzll((unsigned long long)x) : 64; }
EMU_FN int __ffs(int x) { return __builtin_ffs(x); }
EMU_FN int __ffsll(long long x) { return __builtin_ffsll(x); }
EMU_FN unsigned __brev(unsigned x) {
  unsigned y = 0;
  for (int i = 0; i < 32; i++) y |= (x >> i & 1) << (31 - i);
  return y;
}
EMU_FN unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
  uint64_t both = uint64_t(b) << 32 | a;
  unsigned result = 0;
  for (int i = 0; i < 4; i++) {
    unsigned pick = selector >> 4 * i & 15, byte = unsigned(both >> 8 * (pick & 7)) & 255;
    if (pick & 8) byte = byte & 128 ? 255 : 0;
    result |= byte << 8 * i;
  }
  return result;
}

namespace emu {
template <class To, class From> EMU_FN To bits(From from) {
  static_assert(sizeof(To) == sizeof(From), "the same bits as another type of the same size");
  To to;
  memcpy((void*)&to, (const void*)&from, sizeof to);
  return to;
}
}  // namespace emu
EMU_FN int __float_as_int(float x) { return emu::bits<int>(x); }
EMU_FN unsigned __float_as_uint(float x) { return emu::bits<unsigned>(x); }
EMU_FN float __int_as_float(int x) { return emu::bits<float>(x); }
EMU_FN float __uint_as_float(unsigned x) { return emu::bits<float>(x); }
EMU_FN long long __double_as_longlong(double x) { return emu::bits<long long>(x); }
EMU_FN double __longlong_as_double(long long x) { return emu::bits<double>(x); }
EMU_FN int __double2hiint(double x) { return int(emu::bits<uint64_t>(x) >> 32); }
EMU_FN int __double2loint(double x) { return int(emu::bits<uint64_t>(x)); }
EMU_FN double __hiloint2double(int high, int low) {
  return emu::bits<double>(uint64_t(uint32_t(high)) << 32 | uint32_t(low));
}

// Loads and stores with a hint to the cache are loads and stores.
template <class T> EMU_FN T __ldg(const T* p) { return *p; }
template <class T> EMU_FN T __ldcs(const T* p) { return *p; }
template <class T> EMU_FN T __ldcg(const T* p) { return *p; }
template <class T> EMU_FN T __ldca(const T* p) { return *p; }
template <class T> EMU_FN void __stcs(T* p, T v) { *p = v; }
template <class T> EMU_FN void __stcg(T* p, T v) { *p = v; }

EMU_FN long long clock64() {  // nanoseconds
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000ll + now.tv_nsec;
}
EMU_FN unsigned long long __globaltimer() { return (unsigned long long)clock64(); }
EMU_FN void __nanosleep(unsigned) {}
