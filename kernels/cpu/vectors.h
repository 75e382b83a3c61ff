// Short vectors: float4 and its kind. Those of two and four are aligned as a whole, up to 16 bytes, for one load.
#pragma once

#define EMU_VECTOR(T, NAME, ALIGN2, ALIGN4)                                                 \
  struct NAME##1 { T x; };                                                                  \
  struct alignas(ALIGN2) NAME##2 { T x, y; };                                               \
  struct NAME##3 { T x, y, z; };                                                            \
  struct alignas(ALIGN4) NAME##4 { T x, y, z, w; };                                         \
  EMU_FN NAME##1 make_##NAME##1(T x) { return {x}; }                                        \
  EMU_FN NAME##2 make_##NAME##2(T x, T y) { return {x, y}; }                                \
  EMU_FN NAME##3 make_##NAME##3(T x, T y, T z) { return {x, y, z}; }                        \
  EMU_FN NAME##4 make_##NAME##4(T x, T y, T z, T w) { return {x, y, z, w}; }

struct uint1 { unsigned x; };
struct alignas(8) uint2 { unsigned x, y; };  // uint3 is the type of threadIdx (language.h)
struct alignas(16) uint4 { unsigned x, y, z, w; };
EMU_FN uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
EMU_FN uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
EMU_FN uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

EMU_VECTOR(signed char, char, 2, 4)
EMU_VECTOR(unsigned char, uchar, 2, 4)
EMU_VECTOR(short, short, 4, 8)
EMU_VECTOR(unsigned short, ushort, 4, 8)
EMU_VECTOR(int, int, 8, 16)
EMU_VECTOR(float, float, 8, 16)
EMU_VECTOR(long long, longlong, 16, 16)
EMU_VECTOR(unsigned long long, ulonglong, 16, 16)
EMU_VECTOR(double, double, 16, 16)
