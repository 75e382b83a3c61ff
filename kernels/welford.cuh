// Mean and variance in one pass. Welford 1962 takes in one value after the other, Chan et al. 1979 merges two sets:
//
//     with d = mean_b - mean_a and n = n_a + n_b:     mean = mean_a + d n_b / n
//                                                     m2   = m2_a + m2_b + d^2 n_a n_b / n
//
// m2 is the sum of squared deviations from the mean; the variance is m2 / n. Unlike E[x^2] - mean^2 this never
// subtracts two large numbers that are nearly equal.
#pragma once
#include "block_reduce.cuh"

template <class W> struct Moments {
    W count, mean, m2;

    __device__ __forceinline__ void take(W value) {
        count += (W)1;
        W before = value - mean;
        mean += before / count;
        m2 += before * (value - mean);
    }
    __device__ __forceinline__ void merge(W other_count, W other_mean, W other_m2) {
        W n = count + other_count;
        if (n == (W)0) return;
        W d = other_mean - mean, share = other_count / n;
        mean += d * share;
        m2 += other_m2 + d * d * count * share;
        count = n;
    }
};

// The moments of a warp, by shuffles; every thread gets them. A thread merges itself into its partner's set in the
// order of their lanes, so that both compute the same bits.
template <class W> __device__ __forceinline__ Moments<W> warp_moments(Moments<W> own) {
    for (int distance = 16; distance > 0; distance /= 2) {
        Moments<W> other = {__shfl_xor_sync(0xffffffff, own.count, distance),
                            __shfl_xor_sync(0xffffffff, own.mean, distance),
                            __shfl_xor_sync(0xffffffff, own.m2, distance)};
        bool upper = threadIdx.x & distance;
        Moments<W> first = upper ? other : own, second = upper ? own : other;
        first.merge(second.count, second.mean, second.m2);
        own = first;
    }
    return own;
}

// The moments of a block; every thread gets them. Once a block: a second call would need a barrier before it.
template <class W> __device__ __forceinline__ Moments<W> block_moments(Moments<W> own) {
    __shared__ W counts[32], means[32], squares[32];
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    own = warp_moments(own);
    if (lane == 0) counts[warp] = own.count, means[warp] = own.mean, squares[warp] = own.m2;
    __syncthreads();
    Moments<W> one = {0, 0, 0};
    if (lane < warps) one = {counts[lane], means[lane], squares[lane]};
    return warp_moments(one);
}
