// Operations on one, two or three numbers, for the pointwise kernels: Op::of(a), Op::of(a, b), Op::of(a, b, c).
//
// W is the type that is computed in. What CUDA C names alike for float and double is a template, the rest is for floating
// types alone.
#pragma once
#include "numeric.cuh"

#define UNARY(NAME, FORMULA) \
    struct NAME { template <class W> static __device__ W of(W a) { return FORMULA; } };
#define BINARY(NAME, FORMULA) \
    struct NAME { template <class W> static __device__ W of(W a, W b) { return FORMULA; } };
#define TERNARY(NAME, FORMULA) \
    struct NAME { template <class W> static __device__ W of(W a, W b, W c) { return FORMULA; } };

UNARY(Negative, -a)
UNARY(Absolute, a < W(0) ? -a : a + W(0))  // + 0: -0 becomes 0
UNARY(Square, a * a)
UNARY(Reciprocal, W(1) / a)
UNARY(Sqrt, sqrt(a))
UNARY(Exp, exp(a))
UNARY(Log, log(a))

BINARY(Add, a + b)
BINARY(Subtract, a - b)
BINARY(Multiply, a * b)
BINARY(Divide, a / b)
BINARY(Maximum, a != a || a > b ? a : b)  // nan wins
BINARY(Minimum, a != a || a < b ? a : b)

TERNARY(MultiplyAdd, a + b * c)
TERNARY(DivideAdd, a + b / c)
TERNARY(Lerp, a + c * (b - a))
TERNARY(Clamp, Minimum::of(Maximum::of(a, b), c))

#undef UNARY
#undef BINARY
#undef TERNARY
