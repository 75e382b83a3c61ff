// Reductions of a row by one thread: `term(i)` for i in [0, n).
//
// One thread a row is how the CPU wants it: a row is contiguous, and `omp simd reduction` allows the compiler to keep
// as many running results as a vector register has places. A GPU ignores the line.
#pragma once
#include "numeric.cuh"

// Which rows a thread has where a block owns `chunk` neighbouring ones: on a GPU one each (chunk = blockDim.x), on a
// CPU, where a block is one thread, all of them:
//     for (int row = first_row(chunk); row < last_row(chunk, rows); row += blockDim.x)
__device__ __forceinline__ int first_row(int chunk) { return blockIdx.x * chunk + threadIdx.x; }
__device__ __forceinline__ int last_row(int chunk, int rows) {
    int end = (blockIdx.x + 1) * chunk;
    return end < rows ? end : rows;
}

template <class W, class Term> __device__ __forceinline__ W row_total(int n, Term term) {
    W total = 0;
#pragma omp simd reduction(+ : total)
    for (int i = 0; i < n; i++) total += term(i);
    return total;
}

template <class W, class Term> __device__ __forceinline__ W row_greatest(int n, Term term) {
    W greatest = -infinity<W>();
#pragma omp simd reduction(max : greatest)
    for (int i = 0; i < n; i++) {
        W value = term(i);
        greatest = value > greatest ? value : greatest;
    }
    return greatest;
}
