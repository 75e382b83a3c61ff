// Many tensors in one launch. A list of tensors is cut into chunks, and every block gets one. The table `chunks` has a
// row for each block: whose chunk it is, where it begins, how many elements it has. For tensors of 5, 0 and 40000:
//
//     tensor  start  count
//          0      0      5
//          2      0  16384
//          2  16384  16384
//          2  32768   7232
//
// So a launch costs the same for one tensor as for a hundred, and small tensors do not leave the processor idle.
// A list of tensors is a table of their addresses, T* const*. PyTorch: aten/src/ATen/native/cuda/MultiTensorApply.cuh.
#pragma once
#include "numeric.cuh"

struct Chunk {
    int tensor;
    long long start;
    int count;
};

__device__ __forceinline__ Chunk chunk_of_block(const long long* chunks) {
    const long long* row = chunks + 3 * (long long)blockIdx.x;
    return {(int)row[0], row[1], (int)row[2]};
}

// f(i) for every element of a chunk, the threads of the block side by side. What f does for one element may touch
// nothing that it touches for another: then vector instructions may do several at once, in place too.
template <class F> __device__ __forceinline__ void for_each_of(int count, F f) {
    const int stride = blockDim.x;
#pragma omp simd
    for (int i = threadIdx.x; i < count; i += stride) f(i);
}
