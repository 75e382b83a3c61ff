// Softmax over the rows of a (rows, cols) matrix, and its logarithm:
//
//     y_c = exp(x_c - m) / s,        log y_c = x_c - m - log s,        m = max x,   s = sum exp(x - m)
//
// and backward, with g the gradient of the result y,
//
//     dx = y * (g - sum(g * y)),     logarithm:  dx = g - exp(y) * sum(g)
#include "block_reduce.cuh"
#include "row_reduce.cuh"

template <bool LOG, class W> __device__ __forceinline__ W finish(W x, W m, W s) {
    return LOG ? x - m - log(s) : exp(x - m) / s;
}

// softmax, rung 1: one thread computes one row, as the formula reads
// What: three passes over the row: its maximum, the sum of exponentials, the quotients
// Why: nothing to change yet
// Gain: the reference; on a GPU neighbouring threads read addresses a whole row apart
// T: float double __half __nv_bfloat16
// LOG: false true
template <class T, bool LOG>
__global__ void softmax_row_per_thread(const T* __restrict__ x, T* __restrict__ y, int rows, int cols) {
    using W = wide_t<T>;
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    const T* xr = x + (long long)row * cols;
    T* yr = y + (long long)row * cols;
    W m = -infinity<W>(), s = 0;
    for (int c = 0; c < cols; c++) m = (W)xr[c] > m ? (W)xr[c] : m;
    for (int c = 0; c < cols; c++) s += exp((W)xr[c] - m);
    for (int c = 0; c < cols; c++) yr[c] = (T)finish<LOG>((W)xr[c], m, s);
}

// softmax, rung 2: each exponential once
// What: the second pass leaves the exponentials in the result, the third multiplies them by 1 / s
// Why: an exponential costs more than everything else here, and rung 1 takes it twice for every element
// Gain: on a CPU nearly half of the time; on a GPU little, for there memory is what counts
// Host: yes
// T: float double __half __nv_bfloat16
// LOG: false true
template <class T, bool LOG>
__global__ void softmax_kept(const T* __restrict__ x, T* __restrict__ y, int rows, int cols, int chunk) {
    using W = wide_t<T>;
    for (int row = first_row(chunk); row < last_row(chunk, rows); row += blockDim.x) {
        const T* xr = x + (long long)row * cols;
        T* yr = y + (long long)row * cols;
        W m = row_greatest<W>(cols, [&](int c) { return (W)xr[c]; });
        if (LOG) {
            W logarithm = log(row_total<W>(cols, [&](int c) { return exp((W)xr[c] - m); }));
#pragma omp simd
            for (int c = 0; c < cols; c++) yr[c] = (T)((W)xr[c] - m - logarithm);
        } else {
            W factor = (W)1 / row_total<W>(cols, [&](int c) { 
                W value = exp((W)xr[c] - m);
                yr[c] = (T)value;
                return value;
            });
#pragma omp simd
            for (int c = 0; c < cols; c++) yr[c] = (T)((W)yr[c] * factor);
        }
    }
}

// softmax, rung 3: one block computes one row
// What: thread t takes the elements t, t + blockDim, ...; maximum and sum meet in a tree in shared memory
// Why: the 32 threads of a warp now read 32 neighbouring elements, which is one transaction instead of 32
// Gain: up to 8 times on a GPU (32-byte sectors, float), as long as a row has elements for all threads
// T: float double __half __nv_bfloat16
// LOG: false true
template <class T, bool LOG>
__global__ void softmax_tree(const T* __restrict__ x, T* __restrict__ y, int cols) {
    using W = wide_t<T>;
    extern __shared__ double shared_memory[];  // blockDim.x
    W* shared = (W*)shared_memory;
    const T* xr = x + (long long)blockIdx.x * cols;
    T* yr = y + (long long)blockIdx.x * cols;
    W m = -infinity<W>(), s = 0;
    for (int c = threadIdx.x; c < cols; c += blockDim.x) m = (W)xr[c] > m ? (W)xr[c] : m;
    m = tree_reduce(m, shared, Greatest());
    for (int c = threadIdx.x; c < cols; c += blockDim.x) s += exp((W)xr[c] - m);
    s = tree_reduce(s, shared, Total());
    for (int c = threadIdx.x; c < cols; c += blockDim.x) yr[c] = (T)finish<LOG>((W)xr[c], m, s);
}

// softmax, rung 4: warp shuffles instead of the tree
// What: a warp reduces by five shuffles; only one value a warp goes through shared memory
// Why: the tree waits for the whole block at every level, 8 times with 256 threads
// Gain: two barriers a reduction instead of nine; matters most for short rows
// T: float double __half __nv_bfloat16
// LOG: false true
template <class T, bool LOG>
__global__ void softmax_warp(const T* __restrict__ x, T* __restrict__ y, int cols) {
    using W = wide_t<T>;
    const T* xr = x + (long long)blockIdx.x * cols;
    T* yr = y + (long long)blockIdx.x * cols;
    W m = -infinity<W>(), s = 0;
    for (int c = threadIdx.x; c < cols; c += blockDim.x) m = (W)xr[c] > m ? (W)xr[c] : m;
    m = block_reduce(m, Greatest());
    for (int c = threadIdx.x; c < cols; c += blockDim.x) s += exp((W)xr[c] - m);
    s = block_reduce(s, Total());
    for (int c = threadIdx.x; c < cols; c += blockDim.x) yr[c] = (T)finish<LOG>((W)xr[c], m, s);
}

// softmax, rung 5: maximum and sum in one pass, "online"
// What: a running sum s of exp(x - m) is multiplied by exp(m - m') when the maximum grows to m'; so two of them can be
//       merged, whatever elements they come from
// Why: rung 4 reads the row three times
// Gain: two thirds of the reading of rung 4; the trick that FlashAttention is built on
// T: float double __half __nv_bfloat16
// LOG: false true
template <class T, bool LOG>
__global__ void softmax_online(const T* __restrict__ x, T* __restrict__ y, int cols) {
    using W = wide_t<T>;
    const T* xr = x + (long long)blockIdx.x * cols;
    T* yr = y + (long long)blockIdx.x * cols;
    W own = -infinity<W>(), s = 0;
    for (int c = threadIdx.x; c < cols; c += blockDim.x) {
        W value = (W)xr[c];
        if (value > own) {
            s = s * exp(own - value) + (W)1;
            own = value;
        } else {
            s += value == own ? (W)1 : exp(value - own);  // inf - inf would be nan
        }
    }
    W m = block_reduce(own, Greatest());
    s = block_reduce(own == m ? s : s * exp(own - m), Total());
    if (m - m != (W)0) s = m - m;  // an infinite maximum: nan, as inf - inf makes it in the other rungs
    for (int c = threadIdx.x; c < cols; c += blockDim.x) yr[c] = (T)finish<LOG>((W)xr[c], m, s);
}

// softmax backward, rung 1: one thread computes one row
// What: the sum over the row, then its elements
// Why: nothing to change yet
// Gain: the reference
// Host: yes
// T: float double __half __nv_bfloat16
// LOG: false true
template <class T, bool LOG>
__global__ void softmax_backward_row_per_thread(const T* __restrict__ grad, const T* __restrict__ y,
                                                T* __restrict__ dx, int rows, int cols, int chunk) {
    using W = wide_t<T>;
    for (int row = first_row(chunk); row < last_row(chunk, rows); row += blockDim.x) {
        const T* gr = grad + (long long)row * cols;
        const T* yr = y + (long long)row * cols;
        T* dr = dx + (long long)row * cols;
        W s = row_total<W>(cols, [&](int c) { return LOG ? (W)gr[c] : (W)gr[c] * (W)yr[c]; });
#pragma omp simd
        for (int c = 0; c < cols; c++)
            dr[c] = (T)(LOG ? (W)gr[c] - exp((W)yr[c]) * s : (W)yr[c] * ((W)gr[c] - s));
    }
}

// softmax backward, rung 2: one block computes one row, its sum by warp shuffles
// What: neighbouring threads take neighbouring elements
// Why: coalesced reads, as in the rungs 3 and 4 of the forward
// Gain: up to 8 times on a GPU
// T: float double __half __nv_bfloat16
// LOG: false true
template <class T, bool LOG>
__global__ void softmax_backward_block(const T* __restrict__ grad, const T* __restrict__ y, T* __restrict__ dx,
                                       int cols) {
    using W = wide_t<T>;
    const T* gr = grad + (long long)blockIdx.x * cols;
    const T* yr = y + (long long)blockIdx.x * cols;
    T* dr = dx + (long long)blockIdx.x * cols;
    W s = 0;
    for (int c = threadIdx.x; c < cols; c += blockDim.x) s += LOG ? (W)gr[c] : (W)gr[c] * (W)yr[c];
    s = block_reduce(s, Total());
    for (int c = threadIdx.x; c < cols; c += blockDim.x)
        dr[c] = (T)(LOG ? (W)gr[c] - exp((W)yr[c]) * s : (W)yr[c] * ((W)gr[c] - s));
}

// softmax of a middle dimension: (outer, dim, inner) along dim; a thread takes TILE neighbouring columns
// What: neighbouring columns lie next to each other in memory: nothing is transposed. On a GPU TILE is 1, the threads
//       of a warp read neighbours; on a CPU one thread goes along TILE columns at once, in vector registers.
// Host: yes
// T: float double __half __nv_bfloat16
// LOG: false true
// TILE: 1 64
template <class T, bool LOG, int TILE>
__global__ void softmax_columns(const T* __restrict__ x, T* __restrict__ y, int outer, int dim, int inner) {
    using W = wide_t<T>;
    int tiles = (inner + TILE - 1) / TILE;
    long long index = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= (long long)outer * tiles) return;
    int first = (int)(index % tiles) * TILE, count = inner - first < TILE ? inner - first : TILE;
    long long start = index / tiles * dim * inner + first;
    W m[TILE], s[TILE];
    for (int j = 0; j < TILE; j++) m[j] = -infinity<W>(), s[j] = 0;
    for (int d = 0; d < dim; d++) {
        const T* xr = x + start + (long long)d * inner;
#pragma omp simd
        for (int j = 0; j < count; j++) m[j] = (W)xr[j] > m[j] ? (W)xr[j] : m[j];
    }
    for (int d = 0; d < dim; d++) {
        const T* xr = x + start + (long long)d * inner;
#pragma omp simd
        for (int j = 0; j < count; j++) s[j] += exp((W)xr[j] - m[j]);
    }
    for (int j = 0; j < count; j++) s[j] = LOG ? log(s[j]) : (W)1 / s[j];
    for (int d = 0; d < dim; d++) {
        long long at = start + (long long)d * inner;
#pragma omp simd
        for (int j = 0; j < count; j++) {
            W value = (W)x[at + j] - m[j];
            y[at + j] = (T)(LOG ? value - s[j] : exp(value) * s[j]);
        }
    }
}

// softmax of a middle dimension backward: (outer, dim, inner) along dim; a thread takes TILE neighbouring columns
// What: as forward
// Host: yes
// T: float double __half __nv_bfloat16
// LOG: false true
// TILE: 1 64
template <class T, bool LOG, int TILE>
__global__ void softmax_columns_backward(const T* __restrict__ grad, const T* __restrict__ y, T* __restrict__ dx,
                                         int outer, int dim, int inner) {
    using W = wide_t<T>;
    int tiles = (inner + TILE - 1) / TILE;
    long long index = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= (long long)outer * tiles) return;
    int first = (int)(index % tiles) * TILE, count = inner - first < TILE ? inner - first : TILE;
    long long start = index / tiles * dim * inner + first;
    W s[TILE];
    for (int j = 0; j < TILE; j++) s[j] = 0;
    for (int d = 0; d < dim; d++) {
        long long at = start + (long long)d * inner;
#pragma omp simd
        for (int j = 0; j < count; j++) s[j] += LOG ? (W)grad[at + j] : (W)grad[at + j] * (W)y[at + j];
    }
    for (int d = 0; d < dim; d++) {
        long long at = start + (long long)d * inner;
#pragma omp simd
        for (int j = 0; j < count; j++) {
            W g = (W)grad[at + j], result = (W)y[at + j];
            dx[at + j] = (T)(LOG ? g - exp(result) * s[j] : result * (g - s[j]));
        }
    }
}
