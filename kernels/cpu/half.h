// Half precision: __half (5 bits of exponent, 10 of fraction) and __nv_bfloat16 (8 and 7).
//
// An operation is done in float and rounded once, to nearest, ties to even: for + - * / and sqrt that is the correctly
// rounded result, as a GPU gives it.
#pragma once

namespace emu {

EMU_FN float bfloat16_to_float(uint16_t b) { return bits<float>(uint32_t(b) << 16); }
EMU_FN uint16_t float_to_bfloat16(float x) {
  uint32_t u = bits<uint32_t>(x);
  return x != x ? 0x7fff : uint16_t((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

#if defined(__FLT16_MANT_DIG__) && (defined(__clang__) || __GNUC__ > 12 || (__GNUC__ == 12 && defined(__x86_64__)))
EMU_FN float half_to_float(uint16_t h) { return float(bits<_Float16>(h)); }
EMU_FN uint16_t float_to_half(float x) { return bits<uint16_t>(_Float16(x)); }
#else
EMU_FN float half_to_float(uint16_t h) {
  uint32_t exponent = h >> 10 & 31, fraction = h & 1023, sign = uint32_t(h & 0x8000) << 16;
  if (exponent == 31) return bits<float>(sign | 0x7f800000 | fraction << 13);
  float value = exponent ? ldexpf(float(fraction | 1024), int(exponent) - 25) : ldexpf(float(fraction), -24);
  return bits<float>(bits<uint32_t>(value) | sign);
}
EMU_FN uint16_t float_to_half(float x) {
  uint16_t sign = uint16_t(bits<uint32_t>(x) >> 16 & 0x8000);
  float size = fabsf(x);
  if (x != x) return 0x7fff;
  if (size >= 65520.0f) return sign | 0x7c00;                                                    // infinite
  if (size < 6.103515625e-05f) return sign | uint16_t(lrintf(size * 16777216.0f));               // subnormal
  uint32_t u = bits<uint32_t>(size);
  return sign | uint16_t((u + 0xfff + (u >> 13 & 1) - (112u << 23)) >> 13);
}
#endif

}  // namespace emu

#define EMU_HALF(T, TO_FLOAT, FROM_FLOAT)                                              \
  struct T {                                                                           \
    uint16_t bits;                                                                     \
    T() = default;                                                                     \
    EMU_FN T(float x) : bits(FROM_FLOAT(x)) {}                                         \
    EMU_FN T(double x) : bits(FROM_FLOAT(float(x))) {}                                 \
    EMU_FN T(int x) : bits(FROM_FLOAT(float(x))) {}                                    \
    EMU_FN T(unsigned x) : bits(FROM_FLOAT(float(x))) {}                               \
    EMU_FN T(long long x) : bits(FROM_FLOAT(float(x))) {}                              \
    EMU_FN T(unsigned long long x) : bits(FROM_FLOAT(float(x))) {}                     \
    EMU_FN operator float() const { return TO_FLOAT(bits); }                           \
  };                                                                                   \
  EMU_FN T operator+(T a, T b) { return T(float(a) + float(b)); }                      \
  EMU_FN T operator-(T a, T b) { return T(float(a) - float(b)); }                      \
  EMU_FN T operator*(T a, T b) { return T(float(a) * float(b)); }                      \
  EMU_FN T operator/(T a, T b) { return T(float(a) / float(b)); }                      \
  EMU_FN T operator-(T a) { return T(-float(a)); }                                     \
  EMU_FN T& operator+=(T& a, T b) { return a = a + b; }                                \
  EMU_FN T& operator-=(T& a, T b) { return a = a - b; }                                \
  EMU_FN T& operator*=(T& a, T b) { return a = a * b; }                                \
  EMU_FN T& operator/=(T& a, T b) { return a = a / b; }                                \
  EMU_FN bool operator==(T a, T b) { return float(a) == float(b); }                    \
  EMU_FN bool operator!=(T a, T b) { return float(a) != float(b); }                    \
  EMU_FN bool operator<(T a, T b) { return float(a) < float(b); }                      \
  EMU_FN bool operator>(T a, T b) { return float(a) > float(b); }                      \
  EMU_FN bool operator<=(T a, T b) { return float(a) <= float(b); }                    \
  EMU_FN bool operator>=(T a, T b) { return float(a) >= float(b); }                    \
  EMU_FN T __hadd(T a, T b) { return a + b; }                                          \
  EMU_FN T __hsub(T a, T b) { return a - b; }                                          \
  EMU_FN T __hmul(T a, T b) { return a * b; }                                          \
  EMU_FN T __hdiv(T a, T b) { return a / b; }                                          \
  EMU_FN T __hneg(T a) { return -a; }                                                  \
  EMU_FN T __habs(T a) { return T(fabsf(float(a))); }                                  \
  EMU_FN T __hmax(T a, T b) { return T(fmaxf(float(a), float(b))); }                   \
  EMU_FN T __hmin(T a, T b) { return T(fminf(float(a), float(b))); }                   \
  EMU_FN T __hfma(T a, T b, T c) { return T(float(double(float(a)) * float(b) + float(c))); } \
  EMU_FN bool __hisnan(T a) { return float(a) != float(a); }                           \
  EMU_FN bool __hlt(T a, T b) { return a < b; }                                        \
  EMU_FN bool __hgt(T a, T b) { return a > b; }                                        \
  EMU_FN T hsqrt(T a) { return T(sqrtf(float(a))); }                                   \
  EMU_FN T hrsqrt(T a) { return T(1.0f / sqrtf(float(a))); }                           \
  EMU_FN T hexp(T a) { return T(expf(float(a))); }                                     \
  EMU_FN T hlog(T a) { return T(logf(float(a))); }
EMU_HALF(__half, emu::half_to_float, emu::float_to_half)
EMU_HALF(__nv_bfloat16, emu::bfloat16_to_float, emu::float_to_bfloat16)

// Pairs, loaded and stored as one 32-bit word.
#define EMU_HALF2(T, T2)                                                                  \
  struct alignas(4) T2 { T x, y; };                                                       \
  EMU_FN T2 operator+(T2 a, T2 b) { return {a.x + b.x, a.y + b.y}; }                      \
  EMU_FN T2 operator-(T2 a, T2 b) { return {a.x - b.x, a.y - b.y}; }                      \
  EMU_FN T2 operator*(T2 a, T2 b) { return {a.x * b.x, a.y * b.y}; }                      \
  EMU_FN T2 operator/(T2 a, T2 b) { return {a.x / b.x, a.y / b.y}; }                      \
  EMU_FN T2 __hadd2(T2 a, T2 b) { return a + b; }                                         \
  EMU_FN T2 __hsub2(T2 a, T2 b) { return a - b; }                                         \
  EMU_FN T2 __hmul2(T2 a, T2 b) { return a * b; }                                         \
  EMU_FN T2 __h2div(T2 a, T2 b) { return a / b; }                                         \
  EMU_FN T2 __hmax2(T2 a, T2 b) { return {__hmax(a.x, b.x), __hmax(a.y, b.y)}; }          \
  EMU_FN T2 __hmin2(T2 a, T2 b) { return {__hmin(a.x, b.x), __hmin(a.y, b.y)}; }          \
  EMU_FN T2 __hfma2(T2 a, T2 b, T2 c) { return {__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)}; }
EMU_HALF2(__half, __half2)
EMU_HALF2(__nv_bfloat16, __nv_bfloat162)
using half = __half;
using half2 = __half2;
using nv_bfloat16 = __nv_bfloat16;
using nv_bfloat162 = __nv_bfloat162;

EMU_FN float __half2float(__half h) { return h; }
EMU_FN __half __float2half(float x) { return x; }
EMU_FN __half __float2half_rn(float x) { return x; }
EMU_FN __half __double2half(double x) { return x; }
EMU_FN __half __int2half_rn(int x) { return x; }
EMU_FN unsigned short __half_as_ushort(__half h) { return h.bits; }
EMU_FN __half __ushort_as_half(unsigned short bits) { __half h; h.bits = bits; return h; }
EMU_FN __half2 make_half2(__half x, __half y) { return {x, y}; }
EMU_FN __half2 __halves2half2(__half x, __half y) { return {x, y}; }
EMU_FN __half2 __half2half2(__half x) { return {x, x}; }
EMU_FN __half2 __float2half2_rn(float x) { return {x, x}; }
EMU_FN __half2 __floats2half2_rn(float x, float y) { return {x, y}; }
EMU_FN __half2 __float22half2_rn(float2 v) { return {v.x, v.y}; }
EMU_FN float2 __half22float2(__half2 h) { return {h.x, h.y}; }
EMU_FN __half __low2half(__half2 h) { return h.x; }
EMU_FN __half __high2half(__half2 h) { return h.y; }
EMU_FN float __low2float(__half2 h) { return h.x; }
EMU_FN float __high2float(__half2 h) { return h.y; }

EMU_FN float __bfloat162float(__nv_bfloat16 h) { return h; }
EMU_FN __nv_bfloat16 __float2bfloat16(float x) { return x; }
EMU_FN __nv_bfloat16 __float2bfloat16_rn(float x) { return x; }
EMU_FN __nv_bfloat16 __double2bfloat16(double x) { return x; }
EMU_FN unsigned short __bfloat16_as_ushort(__nv_bfloat16 h) { return h.bits; }
EMU_FN __nv_bfloat16 __ushort_as_bfloat16(unsigned short bits) { __nv_bfloat16 h; h.bits = bits; return h; }
EMU_FN __nv_bfloat162 make_bfloat162(__nv_bfloat16 x, __nv_bfloat16 y) { return {x, y}; }
EMU_FN __nv_bfloat162 __floats2bfloat162_rn(float x, float y) { return {x, y}; }
EMU_FN __nv_bfloat162 __float22bfloat162_rn(float2 v) { return {v.x, v.y}; }
EMU_FN float2 __bfloat1622float2(__nv_bfloat162 h) { return {h.x, h.y}; }
