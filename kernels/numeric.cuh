// In which type a kernel computes: sums of halves are kept in float, of doubles in double.
#pragma once
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <math_constants.h>

template <class T> struct Wide { using type = float; };
template <> struct Wide<double> { using type = double; };
template <> struct Wide<long long> { using type = long long; };
template <> struct Wide<int> { using type = int; };
template <class T> using wide_t = typename Wide<T>::type;

// The lowest and the largest value, infinities included, of float and double.
template <class T> __device__ __forceinline__ T infinity() { return (T)CUDART_INF_F; }
