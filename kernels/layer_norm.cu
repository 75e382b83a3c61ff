// Layer norm over the rows of a (rows, cols) matrix:
//
//     xhat = (x - mean) * rstd,      rstd = 1 / sqrt(var + eps),      y = weight * xhat + bias
//
// and backward, with h = weight * dy and means along a row,
//
//     dx = rstd * (h - mean(h) - xhat * mean(h * xhat)),     dweight = sum(dy * xhat),     dbias = sum(dy) over rows
//
// weight and bias may be null: then they are 1 and 0. All parameters and statistics have the type sums are kept in.
#include "row_reduce.cuh"
#include "welford.cuh"

template <class W> __device__ __forceinline__ W element(const W* vector, int c, W otherwise) {
    return vector ? vector[c] : otherwise;
}

// layer norm, rung 1: one thread computes one row, as the formula reads
// What: three passes: the mean, the mean square of the deviations, the result
// Why: nothing to change yet
// Gain: the reference; on a CPU a row stays in the first-level cache, so that only the first pass reads memory
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void layer_norm_row_per_thread(const T* __restrict__ x, const wide_t<T>* __restrict__ weight,
                                          const wide_t<T>* __restrict__ bias, T* __restrict__ y,
                                          wide_t<T>* __restrict__ mean, wide_t<T>* __restrict__ rstd, int rows,
                                          int cols, int chunk, double eps) {
    using W = wide_t<T>;
    for (int row = first_row(chunk); row < last_row(chunk, rows); row += blockDim.x) {
        const T* xr = x + (long long)row * cols;
        T* yr = y + (long long)row * cols;
        W m = row_total<W>(cols, [&](int c) { return (W)xr[c]; }) / cols;
        W var = row_total<W>(cols, [&](int c) { return ((W)xr[c] - m) * ((W)xr[c] - m); }) / cols;
        W r = (W)1 / sqrt(var + (W)eps);
        mean[row] = m;
        rstd[row] = r;
        if (weight && bias) {
#pragma omp simd
            for (int c = 0; c < cols; c++) yr[c] = (T)(((W)xr[c] - m) * r * weight[c] + bias[c]);
        } else {
            for (int c = 0; c < cols; c++)
                yr[c] = (T)(((W)xr[c] - m) * r * element(weight, c, (W)1) + element(bias, c, (W)0));
        }
    }
}

// layer norm, rung 2: one block computes one row
// What: neighbouring threads take neighbouring elements; both sums meet in a tree in shared memory
// Why: the 32 threads of a warp then read one piece of memory instead of 32
// Gain: up to 8 times on a GPU (32-byte sectors, float)
// T: float double __half __nv_bfloat16
template <class T>
__global__ void layer_norm_tree(const T* __restrict__ x, const wide_t<T>* __restrict__ weight,
                                 const wide_t<T>* __restrict__ bias, T* __restrict__ y, wide_t<T>* __restrict__ mean,
                                 wide_t<T>* __restrict__ rstd, int cols, double eps) {
    using W = wide_t<T>;
    extern __shared__ double shared_memory[];  // blockDim.x
    W* shared = (W*)shared_memory;
    const T* xr = x + (long long)blockIdx.x * cols;
    T* yr = y + (long long)blockIdx.x * cols;
    W m = 0, var = 0;
    for (int c = threadIdx.x; c < cols; c += blockDim.x) m += (W)xr[c];
    m = tree_reduce(m, shared, Total()) / cols;
    for (int c = threadIdx.x; c < cols; c += blockDim.x) var += ((W)xr[c] - m) * ((W)xr[c] - m);
    var = tree_reduce(var, shared, Total()) / cols;
    W r = (W)1 / sqrt(var + (W)eps);
    if (threadIdx.x == 0) mean[blockIdx.x] = m, rstd[blockIdx.x] = r;
    for (int c = threadIdx.x; c < cols; c += blockDim.x)
        yr[c] = (T)(((W)xr[c] - m) * r * element(weight, c, (W)1) + element(bias, c, (W)0));
}

// layer norm, rung 3: mean and variance in one pass
// What: each thread keeps Welford's moments of its elements; they are merged by warp shuffles
// Why: rung 2 reads the row three times and waits at eighteen barriers
// Gain: two thirds of the reading, two barriers
// T: float double __half __nv_bfloat16
template <class T>
__global__ void layer_norm_welford(const T* __restrict__ x, const wide_t<T>* __restrict__ weight,
                                   const wide_t<T>* __restrict__ bias, T* __restrict__ y, wide_t<T>* __restrict__ mean,
                                   wide_t<T>* __restrict__ rstd, int cols, double eps) {
    using W = wide_t<T>;
    const T* xr = x + (long long)blockIdx.x * cols;
    T* yr = y + (long long)blockIdx.x * cols;
    Moments<W> moments = {0, 0, 0};
    for (int c = threadIdx.x; c < cols; c += blockDim.x) moments.take((W)xr[c]);
    moments = block_moments(moments);
    W m = moments.mean, r = (W)1 / sqrt(moments.m2 / cols + (W)eps);
    if (threadIdx.x == 0) mean[blockIdx.x] = m, rstd[blockIdx.x] = r;
    for (int c = threadIdx.x; c < cols; c += blockDim.x)
        yr[c] = (T)(((W)xr[c] - m) * r * element(weight, c, (W)1) + element(bias, c, (W)0));
}

// layer norm backward, rung 1: one thread computes one row, as the formula reads
// What: dweight and dbias, sums over all rows, are added to atomically; they must be zero before
// Why: nothing to change yet
// Gain: the reference
// T: float double __half __nv_bfloat16
template <class T>
__global__ void layer_norm_backward_atomic(const T* __restrict__ grad, const T* __restrict__ x,
                                           const wide_t<T>* __restrict__ weight, const wide_t<T>* __restrict__ mean,
                                           const wide_t<T>* __restrict__ rstd, T* __restrict__ dx, wide_t<T>* dweight,
                                           wide_t<T>* dbias, int rows, int cols) {
    using W = wide_t<T>;
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    const T* gr = grad + (long long)row * cols;
    const T* xr = x + (long long)row * cols;
    T* dr = dx + (long long)row * cols;
    W m = mean[row], r = rstd[row], a = 0, b = 0;
    for (int c = 0; c < cols; c++) {
        W xhat = ((W)xr[c] - m) * r, g = (W)gr[c], h = g * element(weight, c, (W)1);
        a += h;
        b += h * xhat;
        atomicAdd(&dweight[c], g * xhat);
        atomicAdd(&dbias[c], g);
    }
    a /= cols;
    b /= cols;
    for (int c = 0; c < cols; c++) {
        W xhat = ((W)xr[c] - m) * r, h = (W)gr[c] * element(weight, c, (W)1);
        dr[c] = (T)(r * (h - a - xhat * b));
    }
}

// layer norm backward, rung 2: a thread has a chunk of rows, and sums dweight and dbias of its own
// What: they go to a row of a matrix (2, chunks, cols), whose columns are added up by a second kernel
// Why: on every element of dweight and dbias all threads of rung 1 queue up, twice for each element of the input
// Gain: no atomics, so the same bits in every run; on a CPU the own sums stay in the first-level cache
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void layer_norm_backward_chunk(const T* __restrict__ grad, const T* __restrict__ x,
                                          const wide_t<T>* __restrict__ weight, const wide_t<T>* __restrict__ mean,
                                          const wide_t<T>* __restrict__ rstd, T* __restrict__ dx,
                                          wide_t<T>* __restrict__ dweight, wide_t<T>* __restrict__ dbias, int rows,
                                          int cols, int chunk) {
    using W = wide_t<T>;
    int index = blockIdx.x * blockDim.x + threadIdx.x, first = index * chunk;
    if (first >= rows) return;
    W* dw = dweight + (long long)index * cols;
    W* db = dbias + (long long)index * cols;
    for (int c = 0; c < cols; c++) dw[c] = db[c] = 0;
    for (int row = first; row < rows && row < first + chunk; row++) {
        const T* gr = grad + (long long)row * cols;
        const T* xr = x + (long long)row * cols;
        T* dr = dx + (long long)row * cols;
        W m = mean[row], r = rstd[row], a = 0, b = 0;
#pragma omp simd reduction(+ : a, b)
        for (int c = 0; c < cols; c++) {
            W xhat = ((W)xr[c] - m) * r, g = (W)gr[c], h = weight ? g * weight[c] : g;
            a += h;
            b += h * xhat;
            dw[c] += g * xhat;
            db[c] += g;
        }
        a /= cols;
        b /= cols;
#pragma omp simd
        for (int c = 0; c < cols; c++) {
            W xhat = ((W)xr[c] - m) * r, g = (W)gr[c], h = weight ? g * weight[c] : g;
            dr[c] = (T)(r * (h - a - xhat * b));
        }
    }
}

// layer norm backward, rung 3: a block has a chunk of rows
// What: thread t takes the columns t, t + blockDim, ... of every row of the chunk, and so owns these columns of the
//       block's dweight and dbias; the two sums along a row meet by warp shuffles
// Why: coalesced reads and writes, as in rung 2 of the forward
// Gain: up to 8 times on a GPU; still no atomics
// T: float double __half __nv_bfloat16
template <class T>
__global__ void layer_norm_backward_block(const T* __restrict__ grad, const T* __restrict__ x,
                                          const wide_t<T>* __restrict__ weight, const wide_t<T>* __restrict__ mean,
                                          const wide_t<T>* __restrict__ rstd, T* __restrict__ dx,
                                          wide_t<T>* __restrict__ dweight, wide_t<T>* __restrict__ dbias, int rows,
                                          int cols, int chunk) {
    using W = wide_t<T>;
    W* dw = dweight + (long long)blockIdx.x * cols;
    W* db = dbias + (long long)blockIdx.x * cols;
    for (int c = threadIdx.x; c < cols; c += blockDim.x) dw[c] = db[c] = 0;
    int first = blockIdx.x * chunk;
    for (int row = first; row < rows && row < first + chunk; row++) {
        const T* gr = grad + (long long)row * cols;
        const T* xr = x + (long long)row * cols;
        T* dr = dx + (long long)row * cols;
        W m = mean[row], r = rstd[row], a = 0, b = 0;
        for (int c = threadIdx.x; c < cols; c += blockDim.x) {
            W xhat = ((W)xr[c] - m) * r, g = (W)gr[c], h = g * element(weight, c, (W)1);
            a += h;
            b += h * xhat;
            dw[c] += g * xhat;
            db[c] += g;
        }
        a = block_reduce(a, Total()) / cols;
        b = block_reduce(b, Total()) / cols;
        for (int c = threadIdx.x; c < cols; c += blockDim.x) {
            W xhat = ((W)xr[c] - m) * r, h = (W)gr[c] * element(weight, c, (W)1);
            dr[c] = (T)(r * (h - a - xhat * b));
        }
    }
}
