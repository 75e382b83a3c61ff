// Batch norm of (N, C, L), every channel over the batch and all L positions, m = N * L values:
//
//     xhat = (x - mean) * rstd,      rstd = 1 / sqrt(var + eps),      y = weight * xhat + bias
//
// and backward,
//
//     dx = weight * rstd * (dy - mean(dy) - xhat * mean(dy * xhat)),    dweight = sum(dy * xhat),    dbias = sum(dy)
//
// weight, bias and the running statistics may be null. All (C,) arrays have the type sums are kept in. Training moves
// the running statistics by `momentum` towards the batch's; the running variance is the unbiased one, m2 / (m - 1).
#include "row_reduce.cuh"
#include "welford.cuh"

// What a channel's first thread does once mean and m2 are known.
template <class W>
__device__ __forceinline__ W keep_statistics(W mean, W m2, W count, int c, W* means, W* rstds, W* running_mean,
                                             W* running_var, W momentum, W eps) {
    W rstd = (W)1 / sqrt(m2 / count + eps);
    means[c] = mean;
    rstds[c] = rstd;
    if (running_mean) {
        running_mean[c] += momentum * (mean - running_mean[c]);
        running_var[c] += momentum * (m2 / (count - (W)1) - running_var[c]);
    }
    return rstd;
}

// batch norm, rung 1: one thread computes one channel, as the formula reads
// What: three passes: the mean, the squared deviations, the result
// Why: nothing to change yet
// Gain: the reference; on a CPU a channel of 200 kB stays in the second-level cache between the passes
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void batch_norm_channel_per_thread(const T* __restrict__ x, const wide_t<T>* __restrict__ weight,
                                              const wide_t<T>* __restrict__ bias, T* __restrict__ y,
                                              wide_t<T>* __restrict__ means, wide_t<T>* __restrict__ rstds,
                                              wide_t<T>* running_mean, wide_t<T>* running_var, int images,
                                              int channels, int length, double momentum, double eps) {
    using W = wide_t<T>;
    int channel = blockIdx.x * blockDim.x + threadIdx.x;
    if (channel >= channels) return;
    W count = (W)images * length, mean = 0, m2 = 0;
    for (int n = 0; n < images; n++) {
        const T* plane = x + ((long long)n * channels + channel) * length;
        mean += row_total<W>(length, [&](int i) { return (W)plane[i]; });
    }
    mean /= count;
    for (int n = 0; n < images; n++) {
        const T* plane = x + ((long long)n * channels + channel) * length;
        m2 += row_total<W>(length, [&](int i) { return ((W)plane[i] - mean) * ((W)plane[i] - mean); });
    }
    W scale = keep_statistics(mean, m2, count, channel, means, rstds, running_mean, running_var, (W)momentum, (W)eps);
    if (weight) scale *= weight[channel];
    W shift = bias ? bias[channel] : (W)0;
    for (int n = 0; n < images; n++) {
        long long start = ((long long)n * channels + channel) * length;
        const T* plane = x + start;
        T* result = y + start;
#pragma omp simd
        for (int i = 0; i < length; i++) result[i] = (T)(((W)plane[i] - mean) * scale + shift);
    }
}

// batch norm, rung 2: one block computes one channel
// What: neighbouring threads take neighbouring positions; Welford's moments of all threads merge by warp shuffles
// Why: coalesced reads, and mean and variance in one pass
// Gain: up to 8 times on a GPU by coalescing, and two thirds of the reading
// T: float double __half __nv_bfloat16
template <class T>
__global__ void batch_norm_block(const T* __restrict__ x, const wide_t<T>* __restrict__ weight,
                                 const wide_t<T>* __restrict__ bias, T* __restrict__ y, wide_t<T>* __restrict__ means,
                                 wide_t<T>* __restrict__ rstds, wide_t<T>* running_mean, wide_t<T>* running_var,
                                 int images, int channels, int length, double momentum, double eps) {
    using W = wide_t<T>;
    int channel = blockIdx.x;
    __shared__ W factor;
    Moments<W> own = {0, 0, 0};
    for (int n = 0; n < images; n++)
        for (int i = threadIdx.x; i < length; i += blockDim.x)
            own.take((W)x[((long long)n * channels + channel) * length + i]);
    own = block_moments(own);
    if (threadIdx.x == 0)
        factor = keep_statistics(own.mean, own.m2, own.count, channel, means, rstds, running_mean, running_var,
                                 (W)momentum, (W)eps);
    __syncthreads();
    W scale = weight ? factor * weight[channel] : factor, shift = bias ? bias[channel] : (W)0;
    for (int n = 0; n < images; n++)
        for (int i = threadIdx.x; i < length; i += blockDim.x) {
            long long at = ((long long)n * channels + channel) * length + i;
            y[at] = (T)(((W)x[at] - own.mean) * scale + shift);
        }
}

// batch norm, rung 3: many blocks for one channel, in three launches
// What: block (channel, part) leaves the moments of some images in (3, parts, C); batch_norm_combine merges them;
//       batch_norm_apply computes the result
// Why: with 64 channels rung 2 has 64 blocks, and a large GPU has more than a hundred multiprocessors
// Gain: all multiprocessors work; a channel is read a second time from memory, not from the cache of one block
// T: float double __half __nv_bfloat16
template <class T>
__global__ void batch_norm_moments(const T* __restrict__ x, wide_t<T>* __restrict__ moments, int images, int channels,
                                   int length, int chunk) {
    using W = wide_t<T>;
    int channel = blockIdx.x, part = blockIdx.y, parts = gridDim.y;
    Moments<W> own = {0, 0, 0};
    for (int n = part * chunk; n < images && n < (part + 1) * chunk; n++)
        for (int i = threadIdx.x; i < length; i += blockDim.x)
            own.take((W)x[((long long)n * channels + channel) * length + i]);
    own = block_moments(own);
    if (threadIdx.x == 0) {
        moments[(0 * parts + part) * channels + channel] = own.count;
        moments[(1 * parts + part) * channels + channel] = own.mean;
        moments[(2 * parts + part) * channels + channel] = own.m2;
    }
}

// batch norm combine: one thread merges the moments of one channel, (3, parts, C) -> mean, rstd, running statistics
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void batch_norm_combine(const wide_t<T>* __restrict__ moments, wide_t<T>* __restrict__ means,
                                   wide_t<T>* __restrict__ rstds, wide_t<T>* running_mean, wide_t<T>* running_var,
                                   int parts, int channels, double momentum, double eps) {
    using W = wide_t<T>;
    int channel = blockIdx.x * blockDim.x + threadIdx.x;
    if (channel >= channels) return;
    Moments<W> all = {0, 0, 0};
    for (int part = 0; part < parts; part++)
        all.merge(moments[(0 * parts + part) * channels + channel], moments[(1 * parts + part) * channels + channel],
                  moments[(2 * parts + part) * channels + channel]);
    keep_statistics(all.mean, all.m2, all.count, channel, means, rstds, running_mean, running_var, (W)momentum, (W)eps);
}

// batch norm apply: one block scales and shifts one plane by given mean and rstd; alone it is the evaluation mode
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void batch_norm_apply(const T* __restrict__ x, const wide_t<T>* __restrict__ weight,
                                 const wide_t<T>* __restrict__ bias, T* __restrict__ y,
                                 const wide_t<T>* __restrict__ means, const wide_t<T>* __restrict__ rstds, int channels,
                                 int length) {
    using W = wide_t<T>;
    int channel = blockIdx.x % channels;
    long long start = (long long)blockIdx.x * length;
    W mean = means[channel], scale = weight ? rstds[channel] * weight[channel] : rstds[channel];
    W shift = bias ? bias[channel] : (W)0;
#pragma omp simd
    for (int i = threadIdx.x; i < length; i += blockDim.x) y[start + i] = (T)(((W)x[start + i] - mean) * scale + shift);
}

// batch norm backward, rung 1: one thread computes one channel, as the formula reads
// What: two passes: dbias and dweight, then dx
// Why: nothing to change yet
// Gain: the reference
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void batch_norm_backward_channel_per_thread(const T* __restrict__ grad, const T* __restrict__ x,
                                                       const wide_t<T>* __restrict__ weight,
                                                       const wide_t<T>* __restrict__ means,
                                                       const wide_t<T>* __restrict__ rstds, T* __restrict__ dx,
                                                       wide_t<T>* __restrict__ dweight, wide_t<T>* __restrict__ dbias,
                                                       int images, int channels, int length) {
    using W = wide_t<T>;
    int channel = blockIdx.x * blockDim.x + threadIdx.x;
    if (channel >= channels) return;
    W mean = means[channel], rstd = rstds[channel], a = 0, b = 0;
    for (int n = 0; n < images; n++) {
        long long start = ((long long)n * channels + channel) * length;
        const T *g = grad + start, *plane = x + start;
#pragma omp simd reduction(+ : a, b)
        for (int i = 0; i < length; i++) {
            a += (W)g[i];
            b += (W)g[i] * ((W)plane[i] - mean);
        }
    }
    b *= rstd;
    dbias[channel] = a;
    dweight[channel] = b;
    W count = (W)images * length, scale = weight ? rstd * weight[channel] : rstd;
    a /= count;
    b *= rstd / count;
    for (int n = 0; n < images; n++) {
        long long start = ((long long)n * channels + channel) * length;
        const T *g = grad + start, *plane = x + start;
        T* result = dx + start;
#pragma omp simd
        for (int i = 0; i < length; i++) result[i] = (T)(((W)g[i] - a - ((W)plane[i] - mean) * b) * scale);
    }
}

// batch norm backward, rung 2: one block computes one channel
// What: neighbouring threads take neighbouring positions; both sums meet by warp shuffles
// Why: coalesced reads
// Gain: up to 8 times on a GPU
// T: float double __half __nv_bfloat16
template <class T>
__global__ void batch_norm_backward_block(const T* __restrict__ grad, const T* __restrict__ x,
                                          const wide_t<T>* __restrict__ weight, const wide_t<T>* __restrict__ means,
                                          const wide_t<T>* __restrict__ rstds, T* __restrict__ dx,
                                          wide_t<T>* __restrict__ dweight, wide_t<T>* __restrict__ dbias, int images,
                                          int channels, int length) {
    using W = wide_t<T>;
    int channel = blockIdx.x;
    W mean = means[channel], rstd = rstds[channel], a = 0, b = 0;
    for (int n = 0; n < images; n++)
        for (int i = threadIdx.x; i < length; i += blockDim.x) {
            long long at = ((long long)n * channels + channel) * length + i;
            a += (W)grad[at];
            b += (W)grad[at] * ((W)x[at] - mean);
        }
    a = block_reduce(a, Total());
    b = block_reduce(b, Total()) * rstd;
    if (threadIdx.x == 0) dbias[channel] = a, dweight[channel] = b;
    W count = (W)images * length, scale = weight ? rstd * weight[channel] : rstd;
    for (int n = 0; n < images; n++)
        for (int i = threadIdx.x; i < length; i += blockDim.x) {
            long long at = ((long long)n * channels + channel) * length + i;
            dx[at] = (T)(((W)grad[at] - a / count - ((W)x[at] - mean) * rstd * (b / count)) * scale);
        }
}

// batch norm backward, rung 3: many blocks for one channel, in two launches
// What: block (channel, part) leaves both sums over some images in (2, parts, C), whose columns are added up;
//       batch_norm_backward_apply computes dx
// Why: rung 2 has as many blocks as there are channels, fewer than a large GPU has multiprocessors
// Gain: all multiprocessors work; no atomics, so the same bits in every run
// T: float double __half __nv_bfloat16
template <class T>
__global__ void batch_norm_backward_sums(const T* __restrict__ grad, const T* __restrict__ x,
                                         const wide_t<T>* __restrict__ means, const wide_t<T>* __restrict__ rstds,
                                         wide_t<T>* __restrict__ sums, int images, int channels, int length,
                                         int chunk) {
    using W = wide_t<T>;
    int channel = blockIdx.x, part = blockIdx.y, parts = gridDim.y;
    W mean = means[channel], a = 0, b = 0;
    for (int n = part * chunk; n < images && n < (part + 1) * chunk; n++)
        for (int i = threadIdx.x; i < length; i += blockDim.x) {
            long long at = ((long long)n * channels + channel) * length + i;
            a += (W)grad[at];
            b += (W)grad[at] * ((W)x[at] - mean);
        }
    a = block_reduce(a, Total());
    b = block_reduce(b, Total()) * rstds[channel];
    if (threadIdx.x == 0) {
        sums[(0 * parts + part) * channels + channel] = b;
        sums[(1 * parts + part) * channels + channel] = a;
    }
}

// batch norm backward apply: one block computes dx of one plane from dweight and dbias
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void batch_norm_backward_apply(const T* __restrict__ grad, const T* __restrict__ x,
                                          const wide_t<T>* __restrict__ weight, const wide_t<T>* __restrict__ means,
                                          const wide_t<T>* __restrict__ rstds, T* __restrict__ dx,
                                          const wide_t<T>* __restrict__ dweight, const wide_t<T>* __restrict__ dbias,
                                          int images, int channels, int length) {
    using W = wide_t<T>;
    int channel = blockIdx.x % channels;
    long long start = (long long)blockIdx.x * length;
    W mean = means[channel], rstd = rstds[channel], count = (W)images * length;
    W scale = weight ? rstd * weight[channel] : rstd, a = dbias[channel] / count, b = rstd * dweight[channel] / count;
#pragma omp simd
    for (int i = threadIdx.x; i < length; i += blockDim.x)
        dx[start + i] = (T)(((W)grad[start + i] - a - ((W)x[start + i] - mean) * b) * scale);
}

// batch norm of vectors: (N, C), one position a channel; a thread takes TILE neighbouring channels
// What: neighbouring channels lie next to each other in memory. On a GPU TILE is 1, the threads of a warp read
//       neighbours; on a CPU one thread goes along TILE channels at once, in vector registers.
// Host: yes
// T: float double __half __nv_bfloat16
// TILE: 1 64
template <class T, int TILE>
__global__ void batch_norm_vectors(const T* __restrict__ x, const wide_t<T>* __restrict__ weight,
                                   const wide_t<T>* __restrict__ bias, T* __restrict__ y, wide_t<T>* __restrict__ means,
                                   wide_t<T>* __restrict__ rstds, wide_t<T>* running_mean, wide_t<T>* running_var,
                                   int images, int channels, double momentum, double eps) {
    using W = wide_t<T>;
    int first = (blockIdx.x * blockDim.x + threadIdx.x) * TILE;
    if (first >= channels) return;
    int count = channels - first < TILE ? channels - first : TILE;
    W mean[TILE], m2[TILE], shift[TILE];
    for (int j = 0; j < TILE; j++) mean[j] = m2[j] = 0;
    for (int n = 0; n < images; n++) {
        const T* row = x + (long long)n * channels + first;
#pragma omp simd
        for (int j = 0; j < count; j++) mean[j] += (W)row[j];
    }
    for (int j = 0; j < count; j++) mean[j] /= images;
    for (int n = 0; n < images; n++) {
        const T* row = x + (long long)n * channels + first;
#pragma omp simd
        for (int j = 0; j < count; j++) m2[j] += ((W)row[j] - mean[j]) * ((W)row[j] - mean[j]);
    }
    for (int j = 0; j < count; j++) {
        int c = first + j;
        W rstd = keep_statistics(mean[j], m2[j], (W)images, c, means, rstds, running_mean, running_var, (W)momentum,
                                 (W)eps);
        m2[j] = weight ? rstd * weight[c] : rstd;
        shift[j] = bias ? bias[c] : (W)0;
    }
    for (int n = 0; n < images; n++) {
        long long at = (long long)n * channels + first;
#pragma omp simd
        for (int j = 0; j < count; j++) y[at + j] = (T)(((W)x[at + j] - mean[j]) * m2[j] + shift[j]);
    }
}

// batch norm of vectors backward: (N, C), one position a channel; a thread takes TILE neighbouring channels
// What: as forward
// Host: yes
// T: float double __half __nv_bfloat16
// TILE: 1 64
template <class T, int TILE>
__global__ void batch_norm_vectors_backward(const T* __restrict__ grad, const T* __restrict__ x,
                                            const wide_t<T>* __restrict__ weight, const wide_t<T>* __restrict__ means,
                                            const wide_t<T>* __restrict__ rstds, T* __restrict__ dx,
                                            wide_t<T>* __restrict__ dweight, wide_t<T>* __restrict__ dbias, int images,
                                            int channels) {
    using W = wide_t<T>;
    int first = (blockIdx.x * blockDim.x + threadIdx.x) * TILE;
    if (first >= channels) return;
    int count = channels - first < TILE ? channels - first : TILE;
    W mean[TILE], scale[TILE], a[TILE], b[TILE];
    for (int j = 0; j < count; j++) mean[j] = means[first + j], a[j] = b[j] = 0;
    for (int n = 0; n < images; n++) {
        long long at = (long long)n * channels + first;
#pragma omp simd
        for (int j = 0; j < count; j++) {
            a[j] += (W)grad[at + j];
            b[j] += (W)grad[at + j] * ((W)x[at + j] - mean[j]);
        }
    }
    for (int j = 0; j < count; j++) {
        W rstd = rstds[first + j];
        dbias[first + j] = a[j];
        dweight[first + j] = b[j] * rstd;
        scale[j] = weight ? rstd * weight[first + j] : rstd;
        a[j] /= images;
        b[j] *= rstd * rstd / images;
    }
    for (int n = 0; n < images; n++) {
        long long at = (long long)n * channels + first;
#pragma omp simd
        for (int j = 0; j < count; j++)
            dx[at + j] = (T)(((W)grad[at + j] - a[j] - ((W)x[at + j] - mean[j]) * b[j]) * scale[j]);
    }
}
