// Dropout with random numbers that are given: zero where u < p, else x / (1 - p).  (philox.cu draws them on the way.)
#include "numeric.cuh"

// dropout, rung 1: one thread an element
// What: keep[i] = u[i] >= p;  y[i] = x[i] keep[i] / (1 - p)
// Why: nothing to change yet
// Gain: the reference
// T: float double __half __nv_bfloat16
template <class T>
__global__ void dropout_elementwise(const T* x, const float* u, T* y, bool* keep, long long n, double p, double scale) {
    using W = wide_t<T>;
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    keep[i] = u[i] >= (float)p;
    y[i] = (T)((W)x[i] * (u[i] >= (float)p ? (W)scale : W(0)));
}

// dropout, rung 2: a block computes a chunk
// What: a thread takes every blockDim-th element of its block's chunk
// Why: what does not depend on the element is done once a thread; on a CPU the chunk is one vectorised loop
// Gain: on a GPU little, on a CPU a factor of 4 to 8
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void dropout_chunked(const T* x, const float* u, T* y, bool* keep, long long n, long long chunk, double p,
                                double scale) {
    using W = wide_t<T>;
    const W factor = (W)scale;
    const float limit = (float)p;
    const unsigned step = blockDim.x;
    const long long start = blockIdx.x * chunk, end = start + chunk < n ? start + chunk : n;
#pragma omp simd
    for (long long i = start + threadIdx.x; i < end; i += step) {
        const bool kept = u[i] >= limit;
        keep[i] = kept;
        y[i] = (T)((W)x[i] * (kept ? factor : W(0)));
    }
}

// dropout backward, rung 1: one thread an element
// What: dx[i] = dy[i] keep[i] / (1 - p)
// Why: nothing to change yet
// Gain: the reference
// T: float double __half __nv_bfloat16
template <class T>
__global__ void dropout_backward_elementwise(const T* dy, const bool* keep, T* dx, long long n, double scale) {
    using W = wide_t<T>;
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) dx[i] = (T)((W)dy[i] * (keep[i] ? (W)scale : W(0)));
}

// dropout backward, rung 2: a block computes a chunk
// What: a thread takes every blockDim-th element of its block's chunk
// Why: as in the forward pass
// Gain: on a GPU little, on a CPU a factor of 4 to 8
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void dropout_backward_chunked(const T* dy, const bool* keep, T* dx, long long n, long long chunk,
                                         double scale) {
    using W = wide_t<T>;
    const W factor = (W)scale;
    const unsigned step = blockDim.x;
    const long long start = blockIdx.x * chunk, end = start + chunk < n ? start + chunk : n;
#pragma omp simd
    for (long long i = start + threadIdx.x; i < end; i += step) dx[i] = (T)((W)dy[i] * (keep[i] ? factor : W(0)));
}
