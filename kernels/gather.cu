// Gather and scatter along one dimension. Arrays are contiguous and read as (outer, dim, inner), the dimensions before,
// of and behind that one. An index is a row of `dim`; the caller has checked that all are in range.
#include "numeric.cuh"

// gather, rung 1: one thread fetches one element
// What: y[o][j][i] = x[o][index[o][j][i]][i]
// Why: nothing to change yet
// Gain: the reference; two divisions an element
// T: float double __half __nv_bfloat16 int
template <class T>
__global__ void gather_elementwise(const T* __restrict__ x, const long long* __restrict__ index, T* __restrict__ y,
                                   long long n, long long dim, long long picked, long long inner) {
    long long e = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (e >= n) return;
    long long o = e / (picked * inner), i = e % inner;
    y[e] = x[(o * dim + index[e]) * inner + i];
}

// gather, rung 2: a block fetches rows
// What: a row is what has the same o and j; its elements are neighbours in y and index
// Why: one division a row; where indices repeat along the row, as in embeddings, x is read along rows too
// Gain: a factor of 1.5 to 3 for long rows
// Host: yes
// T: float double __half __nv_bfloat16 int
template <class T>
__global__ void gather_rows(const T* __restrict__ x, const long long* __restrict__ index, T* __restrict__ y,
                            long long rows, long long rows_a_block, long long dim, long long picked, long long inner) {
    const long long first = blockIdx.x * rows_a_block;
    const long long last = first + rows_a_block < rows ? first + rows_a_block : rows;
    const unsigned step = blockDim.x;
    if (inner == 1) {  // rows of one element: neighbours are of different rows
        for (long long e = first + threadIdx.x; e < last; e += step) y[e] = x[e / picked * dim + index[e]];
        return;
    }
    for (long long row = first; row < last; row++) {
        const T* from = x + row / picked * dim * inner;
        const long long* at = index + row * inner;
        T* to = y + row * inner;
        for (long long i = threadIdx.x; i < inner; i += step) to[i] = from[at[i] * inner + i];
    }
}

// scatter add, rung 1: one thread owns one line of y along dim
// What: y[o][index[o][j][i]][i] += x[o][j][i], for one (o, i) by one thread, in the order of j
// Why: no two threads write the same element, so nothing has to be atomic and the order of the sum is always the same
// Gain: the reference; on a GPU there are often fewer lines than threads
// Host: yes
// T: float double __half __nv_bfloat16 int
template <class T>
__global__ void scatter_add_lines(T* __restrict__ y, const long long* __restrict__ index, const T* __restrict__ x,
                                  long long outer, long long piece, long long dim, long long added, long long inner) {
    const unsigned step = blockDim.x;
    if (inner == 1) {  // a block owns `piece` values of o
        const long long first = blockIdx.x * piece, last = first + piece < outer ? first + piece : outer;
        for (long long o = first + threadIdx.x; o < last; o += step)
            for (long long j = 0; j < added; j++) y[o * dim + index[o * added + j]] += x[o * added + j];
        return;
    }
    const long long pieces = (inner + piece - 1) / piece, o = blockIdx.x / pieces;  // `piece` values of i, of one o
    const long long start = blockIdx.x % pieces * piece, end = start + piece < inner ? start + piece : inner;
    for (long long j = 0; j < added; j++)
        for (long long i = start + threadIdx.x; i < end; i += step) {
            const long long e = (o * added + j) * inner + i;
            y[(o * dim + index[e]) * inner + i] += x[e];
        }
}

// scatter add, rung 2: one thread adds one element, atomically
// What: every element of x has a thread; the memory adds, so that none is lost where indices are equal
// Why: as many threads as elements, not as lines
// Gain: 10 to 1000 on a GPU for few lines; but sums come in any order, so the last bits differ from run to run
// T: float double __half __nv_bfloat16 int
template <class T>
__global__ void scatter_add_atomic(T* y, const long long* __restrict__ index, const T* __restrict__ x, long long n,
                                   long long dim, long long added, long long inner) {
    long long e = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (e >= n) return;
    long long o = e / (added * inner), i = e % inner;
    atomicAdd(y + (o * dim + index[e]) * inner + i, x[e]);
}
