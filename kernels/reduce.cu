// Reductions: one number from many by an operation that may be taken in any order.
//
//     Sum     Squares: the sum of squares     Maximum, Minimum: nan wins, as in PyTorch
//
// A contiguous array is reduced as a whole; or seen as (rows, cols) over the last dimensions; or as (outer, length,
// inner) over middle ones. Results have the type sums are kept in: float for halves.
#include "row_reduce.cuh"
#include "welford.cuh"

struct Sum {
    template <class W> static __device__ __forceinline__ W identity() { return (W)0; }
    template <class W> static __device__ __forceinline__ W term(W value) { return value; }
    template <class W> __device__ __forceinline__ W operator()(W a, W b) const { return a + b; }
};
struct Squares : Sum {
    template <class W> static __device__ __forceinline__ W term(W value) { return value * value; }
};
struct Maximum {
    template <class W> static __device__ __forceinline__ W identity() { return -infinity<W>(); }
    template <class W> static __device__ __forceinline__ W term(W value) { return value; }
    template <class W> __device__ __forceinline__ W operator()(W a, W b) const { return b > a || b != b ? b : a; }
};
struct Minimum {
    template <class W> static __device__ __forceinline__ W identity() { return infinity<W>(); }
    template <class W> static __device__ __forceinline__ W term(W value) { return value; }
    template <class W> __device__ __forceinline__ W operator()(W a, W b) const { return b < a || b != b ? b : a; }
};

// One thread reduces x[0] ... x[n - 1]: 64 results side by side, which fit four vector registers of a CPU, then these.
template <class Op, class T> __device__ __forceinline__ wide_t<T> serial_reduce(const T* x, long long n, Op op) {
    using W = wide_t<T>;
    W side[64], result = Op::template identity<W>();
    for (int j = 0; j < 64; j++) side[j] = result;
    long long i = 0;
    for (; i + 64 <= n; i += 64)
        for (int j = 0; j < 64; j++) side[j] = op(side[j], Op::term((W)x[i + j]));
    for (; i < n; i++) result = op(result, Op::term((W)x[i]));
    for (int width = 32; width > 0; width /= 2)
        for (int j = 0; j < width; j++) side[j] = op(side[j], side[j + width]);
    return op(result, side[0]);
}

// ---- the whole array ------------------------------------------------------------------------------------------------

// reduction, rung 1: every thread adds its element to the result
// What: an atomic addition; the result must be zero before
// Why: nothing to change yet
// Gain: the reference; all threads queue up at one address, and the order, so the last bits, differ from run to run
// T: float double __half __nv_bfloat16
// OP: Sum Squares
template <class T, class OP>
__global__ void reduce_atomic(const T* __restrict__ x, wide_t<T>* result, long long n) {
    using W = wide_t<T>;
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) atomicAdd(result, OP::term((W)x[i]));
}

// reduction, rung 2: a thread reduces a chunk first
// What: one partial result a thread; a second launch, of one thread, reduces these
// Why: a value in a register needs no queue
// Gain: one write for thousands of elements; on a CPU vector registers at the speed of memory
// Host: yes
// T: float double __half __nv_bfloat16
// OP: Sum Squares Maximum Minimum
template <class T, class OP>
__global__ void reduce_chunk(const T* __restrict__ x, wide_t<T>* __restrict__ partial, long long n, long long chunk) {
    long long index = (long long)blockIdx.x * blockDim.x + threadIdx.x, start = index * chunk;
    if (start < n) partial[index] = serial_reduce(x + start, n - start < chunk ? n - start : chunk, OP());
}

// reduction, rung 3: a block strides over the array and reduces in a tree in shared memory
// What: thread t of all takes the elements t, t + threads, ...; then half of a block's threads take in the other half
// Why: in rung 2 the threads of a warp read addresses a chunk apart
// Gain: up to 8 times on a GPU (32-byte sectors, float)
// T: float double __half __nv_bfloat16
// OP: Sum Squares Maximum Minimum
template <class T, class OP>
__global__ void reduce_tree(const T* __restrict__ x, wide_t<T>* __restrict__ partial, long long n) {
    using W = wide_t<T>;
    extern __shared__ double shared_memory[];  // blockDim.x
    W own = OP::template identity<W>();
    for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (long long)gridDim.x * blockDim.x)
        own = OP()(own, OP::term((W)x[i]));
    own = tree_reduce(own, (W*)shared_memory, OP());
    if (threadIdx.x == 0) partial[blockIdx.x] = own;
}

// reduction, rung 4: warp shuffles instead of the tree
// What: a warp reduces by five shuffles; only one value a warp goes through shared memory
// Why: the tree waits for the whole block at every level
// Gain: two barriers instead of nine; matters where a block has little to add up
// T: float double __half __nv_bfloat16
// OP: Sum Squares Maximum Minimum
template <class T, class OP>
__global__ void reduce_warp(const T* __restrict__ x, wide_t<T>* __restrict__ partial, long long n) {
    using W = wide_t<T>;
    W own = OP::template identity<W>();
    for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (long long)gridDim.x * blockDim.x)
        own = OP()(own, OP::term((W)x[i]));
    own = block_reduce(own, OP());
    if (threadIdx.x == 0) partial[blockIdx.x] = own;
}

// reduction, rung 5: 16 bytes a load
// What: a pack of elements is loaded at once, from the first address that is a multiple of 16; what lies before and
//       behind is taken one by one
// Why: a thread of rung 4 asks for 4 bytes (2 in half precision) at a time, and a multiprocessor can only have so many
//      requests under way
// Gain: a quarter of the load instructions; the last tenth or two of the memory's bandwidth
// T: float double __half __nv_bfloat16
// OP: Sum Squares Maximum Minimum
template <class T, class OP>
__global__ void reduce_vectorised(const T* __restrict__ x, wide_t<T>* __restrict__ partial, long long n) {
    using W = wide_t<T>;
    constexpr int SIZE = 16 / sizeof(T);
    struct __align__(16) Pack { T element[SIZE]; };
    long long t = (long long)blockIdx.x * blockDim.x + threadIdx.x, threads = (long long)gridDim.x * blockDim.x;
    long long head = (16 - (size_t)x % 16) % 16 / sizeof(T);
    if (head > n) head = n;
    long long packs = (n - head) / SIZE, tail = head + packs * SIZE;
    W own = OP::template identity<W>();
    if (t < head) own = OP()(own, OP::term((W)x[t]));
    if (t < n - tail) own = OP()(own, OP::term((W)x[tail + t]));
    for (long long i = t; i < packs; i += threads) {
        Pack pack = *(const Pack*)(x + head + i * SIZE);
        for (int k = 0; k < SIZE; k++) own = OP()(own, OP::term((W)pack.element[k]));
    }
    own = block_reduce(own, OP());
    if (threadIdx.x == 0) partial[blockIdx.x] = own;
}

// ---- (rows, cols) -> rows -------------------------------------------------------------------------------------------

// reduction of rows, rung 1: one thread reduces one row
// What: the loop as it is
// Why: nothing to change yet
// Gain: the reference; on a CPU 64 results side by side in vector registers
// Host: yes
// T: float double __half __nv_bfloat16
// OP: Sum Squares Maximum Minimum
template <class T, class OP>
__global__ void reduce_row_per_thread(const T* __restrict__ x, wide_t<T>* __restrict__ result, int rows, int cols,
                                      int chunk) {
    for (int row = first_row(chunk); row < last_row(chunk, rows); row += blockDim.x)
        result[row] = serial_reduce(x + (long long)row * cols, cols, OP());
}

// reduction of rows, rung 2: one block reduces one row
// What: neighbouring threads take neighbouring elements, and meet by warp shuffles
// Why: the threads of a warp in rung 1 read addresses a row apart
// Gain: up to 8 times on a GPU (32-byte sectors, float), as long as a row has elements for all threads
// T: float double __half __nv_bfloat16
// OP: Sum Squares Maximum Minimum
template <class T, class OP>
__global__ void reduce_row_per_block(const T* __restrict__ x, wide_t<T>* __restrict__ result, int cols) {
    using W = wide_t<T>;
    const T* xr = x + (long long)blockIdx.x * cols;
    W own = OP::template identity<W>();
    for (int c = threadIdx.x; c < cols; c += blockDim.x) own = OP()(own, OP::term((W)xr[c]));
    own = block_reduce(own, OP());
    if (threadIdx.x == 0) result[blockIdx.x] = own;
}

// ---- (outer, length, inner) -> (outer, parts, inner) ----------------------------------------------------------------

// reduction of columns: a thread reduces a chunk of TILE neighbouring columns
// What: neighbouring columns lie next to each other in memory. With chunk < length there are several parts, so that few
//       long columns keep many threads busy, and a second launch reduces these (two-stage, no atomics). On a GPU TILE
//       is 1, the threads of a warp read neighbours; on a CPU a thread goes along TILE columns at once.
// Host: yes
// T: float double __half __nv_bfloat16
// OP: Sum Squares Maximum Minimum
// TILE: 1 64
template <class T, class OP, int TILE>
__global__ void reduce_columns(const T* __restrict__ x, wide_t<T>* __restrict__ result, int outer, int length,
                               int inner, int chunk) {
    using W = wide_t<T>;
    int tiles = (inner + TILE - 1) / TILE, parts = (length + chunk - 1) / chunk;
    long long index = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= (long long)outer * parts * tiles) return;
    int first = (int)(index % tiles) * TILE, part = (int)(index / tiles % parts);
    int count = inner - first < TILE ? inner - first : TILE;
    long long o = index / tiles / parts;
    int end = (part + 1) * chunk < length ? (part + 1) * chunk : length;
    W own[TILE];
    for (int j = 0; j < TILE; j++) own[j] = OP::template identity<W>();
    for (int d = part * chunk; d < end; d++) {
        const T* row = x + (o * length + d) * inner + first;
        if (count == TILE) {
#pragma omp simd
            for (int j = 0; j < TILE; j++) own[j] = OP()(own[j], OP::term((W)row[j]));
        } else {
            for (int j = 0; j < count; j++) own[j] = OP()(own[j], OP::term((W)row[j]));
        }
    }
    for (int j = 0; j < count; j++) result[(o * parts + part) * inner + first + j] = own[j];
}

// ---- the place of an extreme: (outer, length, inner) -> values and indices (outer, inner) ---------------------------

struct Larger {
    template <class W> static __device__ __forceinline__ bool before(W a, W b) { return a > b || (a != a && b == b); }
};
struct Smaller {
    template <class W> static __device__ __forceinline__ bool before(W a, W b) { return a < b || (a != a && b == b); }
};

// extreme with index, rung 1: a thread looks through TILE neighbouring columns
// What: the first of several equal values is kept, and nan beats everything, as in PyTorch
// Why: nothing to change yet
// Gain: the reference; coalesced only where columns are neighbours, that is if inner is large
// Host: yes
// T: float double __half __nv_bfloat16
// OP: Larger Smaller
// TILE: 1 32
template <class T, class OP, int TILE>
__global__ void extreme_columns(const T* __restrict__ x, T* __restrict__ values, long long* __restrict__ indices,
                                int outer, int length, int inner) {
    using W = wide_t<T>;
    int tiles = (inner + TILE - 1) / TILE;
    long long index = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= (long long)outer * tiles) return;
    int first = (int)(index % tiles) * TILE, count = inner - first < TILE ? inner - first : TILE;
    long long o = index / tiles;
    const T* start = x + o * length * inner + first;
    W best[TILE];
    int place[TILE];
    for (int j = 0; j < count; j++) best[j] = (W)start[j], place[j] = 0;
    for (int d = 1; d < length; d++) {
        const T* row = start + (long long)d * inner;
#pragma omp simd
        for (int j = 0; j < count; j++) {
            W value = (W)row[j];
            bool found = OP::before(value, best[j]);
            best[j] = found ? value : best[j];
            place[j] = found ? d : place[j];
        }
    }
    for (int j = 0; j < count; j++) {
        values[o * inner + first + j] = (T)best[j];
        indices[o * inner + first + j] = place[j];
    }
}

// extreme with index, rung 2: one block looks through one column
// What: thread t takes the elements t, t + blockDim, ...; value and place travel together through the warp shuffles,
//       and of equal values the one with the lower place wins
// Why: with inner = 1 rung 1 reads addresses a row apart
// Gain: up to 8 times on a GPU for rows
// T: float double __half __nv_bfloat16
// OP: Larger Smaller
template <class T, class OP>
__global__ void extreme_block(const T* __restrict__ x, T* __restrict__ values, long long* __restrict__ indices,
                              int length, int inner) {
    using W = wide_t<T>;
    __shared__ W bests[32];
    __shared__ int places[32];
    long long o = blockIdx.x / inner, at = blockIdx.x % inner;
    const T* start = x + o * length * inner + at;
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    int place = threadIdx.x < length ? threadIdx.x : 0;  // a thread without elements looks at the first
    W best = (W)start[(long long)place * inner];
    for (int d = place + blockDim.x; d < length && threadIdx.x < length; d += blockDim.x) {
        W value = (W)start[(long long)d * inner];
        if (OP::before(value, best)) best = value, place = d;
    }
    for (int stage = 0; stage < 2; stage++) {  // within each warp, then among the results of the warps
        for (int distance = 16; distance > 0; distance /= 2) {
            W other = __shfl_xor_sync(0xffffffff, best, distance);
            int there = __shfl_xor_sync(0xffffffff, place, distance);
            if (OP::before(other, best) || (!OP::before(best, other) && there < place)) best = other, place = there;
        }
        if (stage == 0) {
            if (lane == 0) bests[warp] = best, places[warp] = place;
            __syncthreads();
            int from = lane < blockDim.x / 32 ? lane : 0;
            best = bests[from], place = places[from];
        }
    }
    if (threadIdx.x == 0) {
        values[blockIdx.x] = (T)best;
        indices[blockIdx.x] = place;
    }
}

// ---- mean and variance of rows --------------------------------------------------------------------------------------

// moments of rows, rung 1: one thread computes mean and m2, the sum of squared deviations, of one row in two passes
// What: the formula
// Why: nothing to change yet
// Gain: the reference; on a CPU the second pass finds the row in the first-level cache
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void moments_row_per_thread(const T* __restrict__ x, wide_t<T>* __restrict__ mean,
                                       wide_t<T>* __restrict__ m2, int rows, int cols, int chunk) {
    using W = wide_t<T>;
    for (int row = first_row(chunk); row < last_row(chunk, rows); row += blockDim.x) {
        const T* xr = x + (long long)row * cols;
        W m = serial_reduce(xr, cols, Sum()) / cols, s = 0;
#pragma omp simd reduction(+ : s)
        for (int c = 0; c < cols; c++) s += ((W)xr[c] - m) * ((W)xr[c] - m);
        mean[row] = m;
        m2[row] = s;
    }
}

// moments of rows, rung 2: one block computes one row, in one pass
// What: each thread keeps Welford's moments of its elements; they are merged by warp shuffles
// Why: coalesced reads, and the row is read once instead of twice
// Gain: up to 8 times by coalescing on a GPU, and half of the reading
// T: float double __half __nv_bfloat16
template <class T>
__global__ void moments_welford(const T* __restrict__ x, wide_t<T>* __restrict__ mean, wide_t<T>* __restrict__ m2,
                                int cols) {
    using W = wide_t<T>;
    const T* xr = x + (long long)blockIdx.x * cols;
    Moments<W> own = {0, 0, 0};
    for (int c = threadIdx.x; c < cols; c += blockDim.x) own.take((W)xr[c]);
    own = block_moments(own);
    if (threadIdx.x == 0) mean[blockIdx.x] = own.mean, m2[blockIdx.x] = own.m2;
}
