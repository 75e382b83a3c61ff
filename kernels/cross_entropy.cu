// Cross-entropy of logits x (rows, classes) and the right class t of every row, fused with the logarithm of softmax:
//
//     lse = log sum_c exp(x_c)        loss = w_t * (lse - x_t)        dx_c = g * w_t * (exp(x_c - lse) - [c = t])
//
// With label smoothing e every class has the part e / classes of the target, so that
//
//     loss = (1 - e) * w_t * (lse - x_t) + e / classes * sum_c w_c * (lse - x_c)
//
// A row whose target is ignore_index has the loss and the gradient 0, and the share 0 in the mean; `share` is w_t
// elsewhere. weight may be null: then all are 1. Nothing is read for a target that is no class: the row's loss is nan.
#include "block_reduce.cuh"
#include "row_reduce.cuh"

// Loss and share of a row. `evenly`: sum_c w_c * (lse - x_c), if there is smoothing.
template <class T, class W>
__device__ __forceinline__ void keep_loss(const T* xr, const W* weight, W lse, W evenly, long long t, int row,
                                          int classes, long long ignore_index, W smoothing, W* loss, W* lses,
                                          W* share) {
    bool counts = t != ignore_index, exists = t >= 0 && t < classes;
    W w = counts ? (weight && exists ? weight[t] : (W)1) : (W)0;
    W own = exists ? w * (lse - (W)xr[t]) : (W)CUDART_NAN_F;
    lses[row] = lse;
    share[row] = w;
    loss[row] = counts ? ((W)1 - smoothing) * own + smoothing / classes * evenly : (W)0;
}

// cross entropy, rung 1: one thread computes one row, as the formula reads
// What: passes for the maximum, the sum of exponentials and, with smoothing, the even part of the loss
// Why: nothing to change yet
// Gain: the reference; log_softmax and nll_loss would write the log-probabilities of all classes and read one of them
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void cross_entropy_row_per_thread(const T* __restrict__ x, const long long* __restrict__ target,
                                             const wide_t<T>* __restrict__ weight, wide_t<T>* __restrict__ loss,
                                             wide_t<T>* __restrict__ lse, wide_t<T>* __restrict__ share, int rows,
                                             int classes, int chunk, long long ignore_index, double smoothing) {
    using W = wide_t<T>;
    for (int row = first_row(chunk); row < last_row(chunk, rows); row += blockDim.x) {
        const T* xr = x + (long long)row * classes;
        W m = row_greatest<W>(classes, [&](int c) { return (W)xr[c]; });
        W l = m + log(row_total<W>(classes, [&](int c) { return exp((W)xr[c] - m); })), evenly = 0;
        if (smoothing > 0)
            evenly = row_total<W>(classes, [&](int c) { return (weight ? weight[c] : (W)1) * (l - (W)xr[c]); });
        keep_loss(xr, weight, l, evenly, target[row], row, classes, ignore_index, (W)smoothing, loss, lse, share);
    }
}

// cross entropy, rung 2: one block computes one row
// What: neighbouring threads take neighbouring classes; maximum and sums meet by warp shuffles
// Why: coalesced reads
// Gain: up to 8 times on a GPU
// T: float double __half __nv_bfloat16
template <class T>
__global__ void cross_entropy_block(const T* __restrict__ x, const long long* __restrict__ target,
                                    const wide_t<T>* __restrict__ weight, wide_t<T>* __restrict__ loss,
                                    wide_t<T>* __restrict__ lse, wide_t<T>* __restrict__ share, int classes,
                                    long long ignore_index, double smoothing) {
    using W = wide_t<T>;
    int row = blockIdx.x;
    const T* xr = x + (long long)row * classes;
    W m = -infinity<W>(), s = 0, evenly = 0;
    for (int c = threadIdx.x; c < classes; c += blockDim.x) m = (W)xr[c] > m ? (W)xr[c] : m;
    m = block_reduce(m, Greatest());
    for (int c = threadIdx.x; c < classes; c += blockDim.x) s += exp((W)xr[c] - m);
    W l = m + log(block_reduce(s, Total()));
    if (smoothing > 0) {
        for (int c = threadIdx.x; c < classes; c += blockDim.x)
            evenly += (weight ? weight[c] : (W)1) * (l - (W)xr[c]);
        evenly = block_reduce(evenly, Total());
    }
    if (threadIdx.x == 0)
        keep_loss(xr, weight, l, evenly, target[row], row, classes, ignore_index, (W)smoothing, loss, lse, share);
}

// cross entropy, rung 3: everything in one pass, "online"
// What: the running sum of exponentials is rescaled when the maximum grows; sums of w_c * x_c and w_c beside it
// Why: rung 2 reads the row up to three times
// Gain: a half to a third of the reading; a logit is read from memory once, and nothing but three numbers is written
// T: float double __half __nv_bfloat16
template <class T>
__global__ void cross_entropy_online(const T* __restrict__ x, const long long* __restrict__ target,
                                     const wide_t<T>* __restrict__ weight, wide_t<T>* __restrict__ loss,
                                     wide_t<T>* __restrict__ lse, wide_t<T>* __restrict__ share, int classes,
                                     long long ignore_index, double smoothing) {
    using W = wide_t<T>;
    int row = blockIdx.x;
    const T* xr = x + (long long)row * classes;
    W own = -infinity<W>(), s = 0, weighted = 0, weights = 0;
    for (int c = threadIdx.x; c < classes; c += blockDim.x) {
        W value = (W)xr[c], w = weight ? weight[c] : (W)1;
        weighted += w * value;
        weights += w;
        if (value > own) {
            s = s * exp(own - value) + (W)1;
            own = value;
        } else {
            s += value == own ? (W)1 : exp(value - own);  // inf - inf would be nan
        }
    }
    W m = block_reduce(own, Greatest()), evenly = 0;
    W l = m + log(block_reduce(own == m ? s : s * exp(own - m), Total()));
    if (m - m != (W)0) l = m - m;  // an infinite maximum: nan, as in the other rungs
    if (smoothing > 0) evenly = l * block_reduce(weights, Total()) - block_reduce(weighted, Total());
    if (threadIdx.x == 0)
        keep_loss(xr, weight, l, evenly, target[row], row, classes, ignore_index, (W)smoothing, loss, lse, share);
}

// The gradient of one logit. `g`: of the row's loss.
template <class W>
__device__ __forceinline__ W logit_gradient(W x, W lse, W g, W own, W w, bool right, W weight_total, W part) {
    W p = exp(x - lse);
    return g * (own * (p - (right ? (W)1 : (W)0)) + part * (p * weight_total - w));
}

// cross entropy backward, rung 1: one thread computes one row, as the formula reads
// What: the softmax again, from the logarithm of its sum that forward kept; `grad` has one element a row
// Why: nothing to change yet
// Gain: the reference
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void cross_entropy_backward_row_per_thread(const wide_t<T>* __restrict__ grad, const T* __restrict__ x,
                                                      const long long* __restrict__ target,
                                                      const wide_t<T>* __restrict__ weight,
                                                      const wide_t<T>* __restrict__ lse, T* __restrict__ dx, int rows,
                                                      int classes, int chunk, long long ignore_index, double smoothing,
                                                      double weight_total) {
    using W = wide_t<T>;
    for (int row = first_row(chunk); row < last_row(chunk, rows); row += blockDim.x) {
        const T* xr = x + (long long)row * classes;
        T* dr = dx + (long long)row * classes;
        long long t = target[row];
        bool counts = t != ignore_index;
        bool exists = t >= 0 && t < classes;
        W own = (weight && exists ? weight[t] : (W)1) * (W)(1 - smoothing), part = (W)(smoothing / classes);
        W g = counts ? grad[row] : (W)0, l = counts ? lse[row] : infinity<W>(), total = (W)weight_total;
        if (weight) {
#pragma omp simd
            for (int c = 0; c < classes; c++)
                dr[c] = (T)logit_gradient((W)xr[c], l, g, own, weight[c], false, total, part);
        } else {
#pragma omp simd
            for (int c = 0; c < classes; c++)
                dr[c] = (T)logit_gradient((W)xr[c], l, g, own, (W)1, false, total, part);
        }
        if (counts && exists)
            dr[t] = (T)logit_gradient((W)xr[t], l, g, own, weight ? weight[t] : (W)1, true, total, part);
    }
}

// cross entropy backward, rung 2: one block computes one row
// What: neighbouring threads take neighbouring classes
// Why: coalesced reads and writes
// Gain: up to 8 times on a GPU
// T: float double __half __nv_bfloat16
template <class T>
__global__ void cross_entropy_backward_block(const wide_t<T>* __restrict__ grad, const T* __restrict__ x,
                                             const long long* __restrict__ target,
                                             const wide_t<T>* __restrict__ weight, const wide_t<T>* __restrict__ lse,
                                             T* __restrict__ dx, int classes, long long ignore_index, double smoothing,
                                             double weight_total) {
    using W = wide_t<T>;
    int row = blockIdx.x;
    long long t = target[row];
    bool counts = t != ignore_index;
    W own = counts ? (weight && t >= 0 && t < classes ? weight[t] : (W)1) * (W)(1 - smoothing) : (W)0;
    W part = counts ? (W)(smoothing / classes) : (W)0, g = grad[row], l = lse[row], total = (W)weight_total;
    for (int c = threadIdx.x; c < classes; c += blockDim.x) {
        long long at = (long long)row * classes + c;
        W w = weight ? weight[c] : (W)1, value = logit_gradient((W)x[at], l, g, own, w, c == t, total, part);
        dx[at] = (T)(counts ? value : (W)0);
    }
}
