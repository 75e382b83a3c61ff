// Conversions between all types: floats, halves, integers, bool, complex.
#include "cast.cuh"

// cast, rung 1: one thread converts one element
// What: y[i] = (To)x[i], with the rules of cast.cuh
// Why: nothing to change yet
// Gain: the reference
// To: float __half __nv_bfloat16 int bool
// From: float double __half __nv_bfloat16 int bool
template <class To, class From> __global__ void cast_elementwise(const From* x, To* y, long long n) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = cast<To>(x[i]);
}

// cast, rung 2: a block converts a chunk
// What: a thread takes every blockDim-th element of its block's chunk
// Why: fewer, longer-lived threads; on a CPU the chunk is one vectorised loop
// Gain: on a GPU little, on a CPU a factor of 4 to 16
// Host: yes
// To: float __half __nv_bfloat16 int bool
// From: float double __half __nv_bfloat16 int bool
template <class To, class From> __global__ void cast_chunked(const From* x, To* y, long long n, long long chunk) {
    const unsigned step = blockDim.x;
    const long long start = blockIdx.x * chunk, end = start + chunk < n ? start + chunk : n;
#pragma omp simd
    for (long long i = start + threadIdx.x; i < end; i += step) y[i] = cast<To>(x[i]);
}

// cast, rung 3: four elements a load and a store
// What: a thread takes four neighbours at once, 4 to 32 bytes of either type; the rest element by element
// Why: one memory instruction for four elements
// Gain: 10 to 50 percent, most between small types
// To: float __half __nv_bfloat16 int bool
// From: float double __half __nv_bfloat16 int bool
template <class To, class From> __global__ void cast_by_fours(const From* x, To* y, long long n, long long chunk) {
    const long long start = blockIdx.x * chunk, end = start + chunk < n ? start + chunk : n;
    long long whole = start;
    if ((size_t)(x + start) % sizeof(Four<From>) == 0 && (size_t)(y + start) % sizeof(Four<To>) == 0)
        whole = start + (end - start) / 4 * 4;
    for (long long i = start + threadIdx.x * 4; i < whole; i += blockDim.x * 4) {
        const Four<From> from = *(const Four<From>*)(x + i);
        Four<To> to;
        for (int k = 0; k < 4; k++) to.at[k] = cast<To>(from.at[k]);
        *(Four<To>*)(y + i) = to;
    }
    for (long long i = whole + threadIdx.x; i < end; i += blockDim.x) y[i] = cast<To>(x[i]);
}
