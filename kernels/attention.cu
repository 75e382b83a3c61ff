// Attention (Vaswani et al. 2017): out = softmax(scale * Q K^T + mask) V, for B = batch * heads independent problems.
//   q, out, dout (B, queries, head)     k, v (B, keys, head)     lse (B, queries): the logarithm of each row's sum
// With `causal`, query i sees the keys 0..i. `mask` is added to the scores, or null: (queries, keys) for every problem,
// `mask_step` elements further for the next one. A query that sees no key gives zeros.
//
// The rungs differ in one thing: where the (queries, keys) matrix of scores lives. Three kernels write it to memory and
// read it back twice. A running maximum and sum (Milakov and Gimelshein 2018) make that superfluous: when a larger score
// comes, what was summed so far is scaled down. FlashAttention (Dao et al. 2022) adds that a block loads keys and values
// once for all its queries.
#include "numeric.cuh"

// The score of query i and key j before the softmax; minus infinity where i must not look.
template <class T, class W = wide_t<T>>
__device__ __forceinline__ W masked(W product, const T* mask, int i, int j, int keys, W scale, bool causal) {
    if (causal && j > i) return -infinity<W>();
    return product * scale + (mask ? (W)mask[(size_t)i * keys + j] : W(0));
}

template <class T, class W = wide_t<T>>
__device__ __forceinline__ W dot(const T* a, const T* b, int count) {
    W sum = 0;
    #pragma omp simd reduction(+ : sum)
    for (int d = 0; d < count; d++) sum += (W)a[d] * (W)b[d];
    return sum;
}

// attention, rung 1: three kernels, as the formula reads; this one writes the scores, one thread an element
// Why: nothing to change yet; what costs is the (queries, keys) matrix, written once and read twice
// Gain: the reference
// T: float double __half __nv_bfloat16
template <class T>
__global__ void attention_scores(const T* __restrict__ q, const T* __restrict__ k, const T* __restrict__ mask,
                                 wide_t<T>* __restrict__ scores, int queries, int keys, int head, double scale,
                                 bool causal, long long mask_step) {
    using W = wide_t<T>;
    int j = blockIdx.x * blockDim.x + threadIdx.x, i = blockIdx.y, b = blockIdx.z;
    if (j >= keys) return;
    W product = dot(q + ((size_t)b * queries + i) * head, k + ((size_t)b * keys + j) * head, head);
    const T* own_mask = mask ? mask + b * mask_step : mask;
    scores[((size_t)b * queries + i) * keys + j] = masked(product, own_mask, i, j, keys, (W)scale, causal);
}

// attention probabilities: softmax of the scores in place, one thread a row; the second kernel of rung 1 of attention
// T: float double __half __nv_bfloat16
template <class T>
__global__ void attention_probabilities(wide_t<T>* __restrict__ scores, wide_t<T>* __restrict__ lse, long long rows, int keys) {
    using W = wide_t<T>;
    long long r = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (r >= rows) return;
    W* row = scores + r * keys;
    W largest = -infinity<W>(), sum = 0;
    for (int j = 0; j < keys; j++) largest = fmax(largest, row[j]);
    if (largest == -infinity<W>()) largest = 0;  // nothing to see: all exponentials are 0
    for (int j = 0; j < keys; j++) sum += row[j] = exp(row[j] - largest);
    for (int j = 0; j < keys; j++) row[j] = sum > 0 ? row[j] / sum : W(0);
    lse[r] = largest + log(sum);
}

// attention values: out = probabilities V, one thread an element; the third kernel of rung 1 of attention
// T: float double __half __nv_bfloat16
template <class T>
__global__ void attention_values(const wide_t<T>* __restrict__ probabilities, const T* __restrict__ v, T* __restrict__ out,
                                 int queries, int keys, int head) {
    using W = wide_t<T>;
    int d = blockIdx.x * blockDim.x + threadIdx.x, i = blockIdx.y, b = blockIdx.z;
    if (d >= head) return;
    const W* row = probabilities + ((size_t)b * queries + i) * keys;
    W sum = 0;
    for (int j = 0; j < keys; j++) sum += row[j] * (W)v[((size_t)b * keys + j) * head + d];
    out[((size_t)b * queries + i) * head + d] = (T)sum;
}

// One more key for a query: the new maximum, sum and weighted values.
template <class T, int HEAD, class W = wide_t<T>>
__device__ __forceinline__ void see_key(W score, const T* value, int head, W& largest, W& sum, W (&values)[HEAD]) {
    if (score == -infinity<W>()) return;
    W before = largest;
    largest = fmax(largest, score);
    W shrink = exp(before - largest), weight = exp(score - largest);
    sum = sum * shrink + weight;
    #pragma unroll
    for (int d = 0; d < HEAD; d++)
        if (d < head) values[d] = values[d] * shrink + weight * (W)value[d];
}

// attention, rung 2: one thread a query, all keys in one pass
// What: maximum, sum and the weighted values are kept in registers and rescaled when the maximum grows
// Why: the (queries, keys) matrix is never written
// Gain: memory from O(queries * keys) to O(queries); every thread still reads all keys and values from global memory
// Host: yes
// T: float double __half __nv_bfloat16
// HEAD: 32 64 128
template <class T, int HEAD>
__global__ void attention_query_per_thread(const T* __restrict__ q, const T* __restrict__ k, const T* __restrict__ v,
                                           const T* __restrict__ mask, T* __restrict__ out, wide_t<T>* __restrict__ lse,
                                           int queries, int keys, int head, double scale, bool causal,
                                           long long mask_step) {
    using W = wide_t<T>;
    int i = blockIdx.x * blockDim.x + threadIdx.x, b = blockIdx.y;
    if (i >= queries) return;
    size_t row = (size_t)b * queries + i;
    const T* own_mask = mask ? mask + b * mask_step : mask;
    W values[HEAD] = {}, largest = -infinity<W>(), sum = 0;
    for (int j = 0; j < keys; j++) {
        size_t at = ((size_t)b * keys + j) * head;
        W score = masked(dot(q + row * head, k + at, head), own_mask, i, j, keys, (W)scale, causal);
        see_key(score, v + at, head, largest, sum, values);
    }
    for (int d = 0; d < head; d++) out[row * head + d] = (T)(sum > 0 ? values[d] / sum : W(0));
    lse[row] = largest + log(sum);
}

// How many keys a block holds in shared memory at a time.
constexpr int KEYS = 32;

// Rows [first, first + KEYS) of a (count, head) matrix into shared memory, all threads of the block together.
template <class T, int HEAD>
__device__ __forceinline__ void load_rows(wide_t<T> (*tile)[HEAD], const T* matrix, int first, int count, int head) {
    for (int e = threadIdx.x; e < KEYS * head; e += blockDim.x) {
        int row = e / head, d = e % head;
        tile[row][d] = first + row < count ? (wide_t<T>)matrix[(size_t)(first + row) * head + d] : wide_t<T>(0);
    }
}

// attention, rung 3: tiles of keys and values in shared memory (FlashAttention's idea)
// What: the block loads KEYS keys and values together, then each thread runs its query over them
// Why: blockDim.x queries share one read of the keys and values
// Gain: reads of K and V from global memory divided by the number of queries in a block
// T: float double __half __nv_bfloat16
// HEAD: 32 64
template <class T, int HEAD>
__global__ void attention_tiled(const T* __restrict__ q, const T* __restrict__ k, const T* __restrict__ v,
                                const T* __restrict__ mask, T* __restrict__ out, wide_t<T>* __restrict__ lse, int queries,
                                int keys, int head, double scale, bool causal, long long mask_step) {
    using W = wide_t<T>;
    __shared__ W key_tile[KEYS][HEAD];
    __shared__ W value_tile[KEYS][HEAD];
    int i = blockIdx.x * blockDim.x + threadIdx.x, b = blockIdx.y;
    size_t row = (size_t)b * queries + i;
    const T* own_mask = mask ? mask + b * mask_step : mask;
    W query[HEAD] = {}, values[HEAD] = {}, largest = -infinity<W>(), sum = 0;
    if (i < queries)
        for (int d = 0; d < head; d++) query[d] = (W)q[row * head + d];
    for (int first = 0; first < keys; first += KEYS) {
        load_rows<T, HEAD>(key_tile, k + (size_t)b * keys * head, first, keys, head);
        load_rows<T, HEAD>(value_tile, v + (size_t)b * keys * head, first, keys, head);
        __syncthreads();  // the tiles are full
        for (int j = first; i < queries && j < keys && j < first + KEYS; j++) {
            W score = masked(dot(query, key_tile[j - first], head), own_mask, i, j, keys, (W)scale, causal);
            see_key(score, value_tile[j - first], head, largest, sum, values);
        }
        __syncthreads();  // nobody reads them any more
    }
    if (i >= queries) return;
    for (int d = 0; d < head; d++) out[row * head + d] = (T)(sum > 0 ? values[d] / sum : W(0));
    lse[row] = largest + log(sum);
}

// ---- backward: with p = softmax(s), dp = dout V^T and delta = sum(dout * out), ds = p * (dp - delta) ------------------
// The probabilities are made again from the scores and lse; nothing of size (queries, keys) is kept.

// attention backward, rung 1: one thread a query, gradients of keys and values by atomic additions
// Why: nothing to change yet; every query adds to every row of dk and dv
// Gain: the reference
// T: float double
template <class T>
__global__ void attention_backward_atomic(const T* __restrict__ dout, const T* __restrict__ q, const T* __restrict__ k,
                                          const T* __restrict__ v, const T* __restrict__ mask, const T* __restrict__ out,
                                          const wide_t<T>* __restrict__ lse, T* __restrict__ dq, T* __restrict__ dk,
                                          T* __restrict__ dv, int queries, int keys, int head, double scale, bool causal,
                                          long long mask_step) {
    using W = wide_t<T>;
    int i = blockIdx.x * blockDim.x + threadIdx.x, b = blockIdx.y;
    if (i >= queries) return;
    size_t row = ((size_t)b * queries + i) * head;
    const T* own_mask = mask ? mask + b * mask_step : mask;
    W delta = dot(dout + row, out + row, head);
    for (int j = 0; j < keys; j++) {
        size_t at = ((size_t)b * keys + j) * head;
        W score = masked(dot(q + row, k + at, head), own_mask, i, j, keys, (W)scale, causal);
        if (score == -infinity<W>()) continue;
        W p = exp(score - lse[(size_t)b * queries + i]);
        W ds = p * (dot(dout + row, v + at, head) - delta) * (W)scale;
        for (int d = 0; d < head; d++) {
            dq[row + d] += (T)(ds * (W)k[at + d]);
            atomicAdd(&dk[at + d], (T)(ds * (W)q[row + d]));
            atomicAdd(&dv[at + d], (T)(p * (W)dout[row + d]));
        }
    }
}

// attention backward queries: dq and delta, one thread a query; runs before rung 2 of attention backward
// Host: yes
// T: float double __half __nv_bfloat16
// HEAD: 32 64 128
template <class T, int HEAD>
__global__ void attention_backward_query(const T* __restrict__ dout, const T* __restrict__ q, const T* __restrict__ k,
                                         const T* __restrict__ v, const T* __restrict__ mask, const T* __restrict__ out,
                                         const wide_t<T>* __restrict__ lse, T* __restrict__ dq,
                                         wide_t<T>* __restrict__ delta, int queries, int keys, int head, double scale,
                                         bool causal, long long mask_step) {
    using W = wide_t<T>;
    int i = blockIdx.x * blockDim.x + threadIdx.x, b = blockIdx.y;
    if (i >= queries) return;
    size_t row = ((size_t)b * queries + i) * head;
    const T* own_mask = mask ? mask + b * mask_step : mask;
    W own_delta = dot(dout + row, out + row, head), gradient[HEAD] = {};
    for (int j = 0; j < keys; j++) {
        size_t at = ((size_t)b * keys + j) * head;
        W score = masked(dot(q + row, k + at, head), own_mask, i, j, keys, (W)scale, causal);
        if (score == -infinity<W>()) continue;
        W p = exp(score - lse[(size_t)b * queries + i]);
        W ds = p * (dot(dout + row, v + at, head) - own_delta) * (W)scale;
        #pragma unroll
        for (int d = 0; d < HEAD; d++)
            if (d < head) gradient[d] += ds * (W)k[at + d];
    }
    for (int d = 0; d < head; d++) dq[row + d] = (T)gradient[d];
    delta[(size_t)b * queries + i] = own_delta;
}

// attention backward, rung 2: one thread a key, tiles of queries and of their gradients in shared memory
// What: a thread keeps the gradients of its key and value in registers; the block loads KEYS queries together
// Why: each row of dk and dv has one owner, so nothing is added atomically, and the order of the sums is fixed
// Gain: no contention, and the same bits in every run; a second kernel (attention_backward_query) makes dq and delta
// T: float double __half __nv_bfloat16
// HEAD: 32 64
template <class T, int HEAD>
__global__ void attention_backward_tiled(const T* __restrict__ dout, const T* __restrict__ q, const T* __restrict__ k,
                                         const T* __restrict__ v, const T* __restrict__ mask,
                                         const wide_t<T>* __restrict__ lse, const wide_t<T>* __restrict__ delta,
                                         T* __restrict__ dk, T* __restrict__ dv, int queries, int keys, int head,
                                         double scale, bool causal, long long mask_step) {
    using W = wide_t<T>;
    __shared__ W query_tile[KEYS][HEAD];
    __shared__ W dout_tile[KEYS][HEAD];
    int j = blockIdx.x * blockDim.x + threadIdx.x, b = blockIdx.y;
    size_t at = ((size_t)b * keys + j) * head, problem = (size_t)b * queries;
    const T* own_mask = mask ? mask + b * mask_step : mask;
    W key_gradient[HEAD] = {}, value_gradient[HEAD] = {};
    for (int first = 0; first < queries; first += KEYS) {
        load_rows<T, HEAD>(query_tile, q + problem * head, first, queries, head);
        load_rows<T, HEAD>(dout_tile, dout + problem * head, first, queries, head);
        __syncthreads();  // the tiles are full
        for (int i = first; j < keys && i < queries && i < first + KEYS; i++) {
            const W *query = query_tile[i - first], *gradient = dout_tile[i - first];
            W product = 0, dp = 0;
            for (int d = 0; d < head; d++) product += query[d] * (W)k[at + d], dp += gradient[d] * (W)v[at + d];
            W score = masked(product, own_mask, i, j, keys, (W)scale, causal);
            if (score == -infinity<W>()) continue;
            W p = exp(score - lse[problem + i]), ds = p * (dp - delta[problem + i]) * (W)scale;
            #pragma unroll
            for (int d = 0; d < HEAD; d++)
                if (d < head) key_gradient[d] += ds * query[d], value_gradient[d] += p * gradient[d];
        }
        __syncthreads();  // nobody reads them any more
    }
    if (j >= keys) return;
    for (int d = 0; d < head; d++) dk[at + d] = (T)key_gradient[d], dv[at + d] = (T)value_gradient[d];
}
