// Reductions among the threads of a warp and of a block; every thread gets the result.
//
//     warp:   v + v from 16 lanes away, + 8, + 4, + 2, + 1        five shuffles, no memory, no barrier
//     block:  each warp so, one value a warp to shared memory, the first warp once more
//
// A block that uses these has a multiple of 32 threads, at most 1024, and all of them call.
#pragma once
#include "numeric.cuh"

struct Total {
    template <class W> static __device__ __forceinline__ W identity() { return (W)0; }
    template <class W> __device__ __forceinline__ W operator()(W a, W b) const { return a + b; }
};
struct Greatest {
    template <class W> static __device__ __forceinline__ W identity() { return -infinity<W>(); }
    template <class W> __device__ __forceinline__ W operator()(W a, W b) const { return b > a ? b : a; }
};

template <class Op, class W> __device__ __forceinline__ W warp_reduce(W value, Op op) {
    for (int distance = 16; distance > 0; distance /= 2)
        value = op(value, __shfl_xor_sync(0xffffffff, value, distance));
    return value;
}

template <class Op, class W> __device__ __forceinline__ W block_reduce(W value, Op op) {
    __shared__ W partial[32];
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    value = warp_reduce(value, op);
    if (lane == 0) partial[warp] = value;
    __syncthreads();
    value = warp_reduce(lane < warps ? partial[lane] : Op::template identity<W>(), op);
    __syncthreads();  // partial may be written again by the next reduction
    return value;
}

// The same through a tree in shared memory: half of the threads add what the other half has, then a quarter...
// `shared` has blockDim.x elements, and blockDim.x is a power of two.
template <class Op, class W> __device__ __forceinline__ W tree_reduce(W value, W* shared, Op op) {
    int t = threadIdx.x;
    shared[t] = value;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (t < half) shared[t] = op(shared[t], shared[t + half]);
        __syncthreads();
    }
    value = shared[0];
    __syncthreads();  // shared may be written again by the next reduction
    return value;
}
