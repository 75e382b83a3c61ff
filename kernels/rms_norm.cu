// RMS norm over the rows of a (rows, cols) matrix, a layer norm that does not centre:
//
//     xhat = x * rrms,      rrms = 1 / sqrt(mean(x^2) + eps),      y = weight * xhat
//
// and backward, with h = weight * dy and the mean along a row,
//
//     dx = rrms * (h - xhat * mean(h * xhat)),     dweight = sum(dy * xhat) over rows
//
// weight may be null: then it is 1. It and the statistics have the type sums are kept in.
#include "block_reduce.cuh"
#include "row_reduce.cuh"

// rms norm, rung 1: one thread computes one row, as the formula reads
// What: two passes: the mean square, the result
// Why: nothing to change yet
// Gain: the reference; on a CPU a row stays in the first-level cache between them
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void rms_norm_row_per_thread(const T* __restrict__ x, const wide_t<T>* __restrict__ weight,
                                        T* __restrict__ y, wide_t<T>* __restrict__ rrms, int rows, int cols, int chunk,
                                        double eps) {
    using W = wide_t<T>;
    for (int row = first_row(chunk); row < last_row(chunk, rows); row += blockDim.x) {
        const T* xr = x + (long long)row * cols;
        T* yr = y + (long long)row * cols;
        W r = (W)1 / sqrt(row_total<W>(cols, [&](int c) { return (W)xr[c] * (W)xr[c]; }) / cols + (W)eps);
        rrms[row] = r;
#pragma omp simd
        for (int c = 0; c < cols; c++) yr[c] = (T)(weight ? (W)xr[c] * r * weight[c] : (W)xr[c] * r);
    }
}

// rms norm, rung 2: one block computes one row, the mean square by warp shuffles
// What: neighbouring threads take neighbouring elements
// Why: the 32 threads of a warp then read one piece of memory instead of 32
// Gain: up to 8 times on a GPU (32-byte sectors, float)
// T: float double __half __nv_bfloat16
template <class T>
__global__ void rms_norm_block(const T* __restrict__ x, const wide_t<T>* __restrict__ weight, T* __restrict__ y,
                               wide_t<T>* __restrict__ rrms, int cols, double eps) {
    using W = wide_t<T>;
    const T* xr = x + (long long)blockIdx.x * cols;
    T* yr = y + (long long)blockIdx.x * cols;
    W s = 0;
    for (int c = threadIdx.x; c < cols; c += blockDim.x) s += (W)xr[c] * (W)xr[c];
    W r = (W)1 / sqrt(block_reduce(s, Total()) / cols + (W)eps);
    if (threadIdx.x == 0) rrms[blockIdx.x] = r;
    for (int c = threadIdx.x; c < cols; c += blockDim.x) yr[c] = (T)(weight ? (W)xr[c] * r * weight[c] : (W)xr[c] * r);
}

// rms norm backward, rung 1: one thread computes one row, as the formula reads
// What: dweight, a sum over all rows, is added to atomically; it must be zero before
// Why: nothing to change yet
// Gain: the reference
// T: float double __half __nv_bfloat16
template <class T>
__global__ void rms_norm_backward_atomic(const T* __restrict__ grad, const T* __restrict__ x,
                                         const wide_t<T>* __restrict__ weight, const wide_t<T>* __restrict__ rrms,
                                         T* __restrict__ dx, wide_t<T>* dweight, int rows, int cols) {
    using W = wide_t<T>;
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    const T* gr = grad + (long long)row * cols;
    const T* xr = x + (long long)row * cols;
    T* dr = dx + (long long)row * cols;
    W r = rrms[row], b = 0;
    for (int c = 0; c < cols; c++) {
        W xhat = (W)xr[c] * r, g = (W)gr[c];
        b += (weight ? g * weight[c] : g) * xhat;
        atomicAdd(&dweight[c], g * xhat);
    }
    b /= cols;
    for (int c = 0; c < cols; c++) {
        W g = (W)gr[c];
        dr[c] = (T)(r * ((weight ? g * weight[c] : g) - (W)xr[c] * r * b));
    }
}

// rms norm backward, rung 2: a thread has a chunk of rows, and sums a dweight of its own
// What: it goes to a row of a matrix (chunks, cols), whose columns are added up by a second kernel
// Why: on every element of dweight all threads of rung 1 queue up, once for each row
// Gain: no atomics, so the same bits in every run; on a CPU the own sums stay in the first-level cache
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void rms_norm_backward_chunk(const T* __restrict__ grad, const T* __restrict__ x,
                                        const wide_t<T>* __restrict__ weight, const wide_t<T>* __restrict__ rrms,
                                        T* __restrict__ dx, wide_t<T>* __restrict__ dweight, int rows, int cols,
                                        int chunk) {
    using W = wide_t<T>;
    int index = blockIdx.x * blockDim.x + threadIdx.x, first = index * chunk;
    if (first >= rows) return;
    W* dw = dweight + (long long)index * cols;
    for (int c = 0; c < cols; c++) dw[c] = 0;
    for (int row = first; row < rows && row < first + chunk; row++) {
        const T* gr = grad + (long long)row * cols;
        const T* xr = x + (long long)row * cols;
        T* dr = dx + (long long)row * cols;
        W r = rrms[row], b = 0;
#pragma omp simd reduction(+ : b)
        for (int c = 0; c < cols; c++) {
            W product = (W)gr[c] * ((W)xr[c] * r);
            b += weight ? product * weight[c] : product;
            dw[c] += product;
        }
        b /= cols;
#pragma omp simd
        for (int c = 0; c < cols; c++) {
            W g = (W)gr[c];
            dr[c] = (T)(r * ((weight ? g * weight[c] : g) - (W)xr[c] * r * b));
        }
    }
}

// rms norm backward, rung 3: a block has a chunk of rows
// What: thread t takes the columns t, t + blockDim, ... of every row of the chunk, and so owns these columns of the
//       block's dweight; the sum along a row meets by warp shuffles
// Why: coalesced reads and writes, as in rung 2 of the forward
// Gain: up to 8 times on a GPU; still no atomics
// T: float double __half __nv_bfloat16
template <class T>
__global__ void rms_norm_backward_block(const T* __restrict__ grad, const T* __restrict__ x,
                                        const wide_t<T>* __restrict__ weight, const wide_t<T>* __restrict__ rrms,
                                        T* __restrict__ dx, wide_t<T>* __restrict__ dweight, int rows, int cols,
                                        int chunk) {
    using W = wide_t<T>;
    W* dw = dweight + (long long)blockIdx.x * cols;
    for (int c = threadIdx.x; c < cols; c += blockDim.x) dw[c] = 0;
    int first = blockIdx.x * chunk;
    for (int row = first; row < rows && row < first + chunk; row++) {
        const T* gr = grad + (long long)row * cols;
        const T* xr = x + (long long)row * cols;
        T* dr = dx + (long long)row * cols;
        W r = rrms[row], b = 0;
        for (int c = threadIdx.x; c < cols; c += blockDim.x) {
            W product = (W)gr[c] * ((W)xr[c] * r);
            b += weight ? product * weight[c] : product;
            dw[c] += product;
        }
        b = block_reduce(b, Total()) / cols;
        for (int c = threadIdx.x; c < cols; c += blockDim.x) {
            W g = (W)gr[c];
            dr[c] = (T)(r * ((weight ? g * weight[c] : g) - (W)xr[c] * r * b));
        }
    }
}
