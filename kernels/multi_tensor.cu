// Operators on lists of tensors, torch._foreach_*: one launch for a whole list. multi_tensor.cuh says how a list is cut
// into chunks. The result may be written over an operand.
//
// A number that goes with an operator comes in one of three forms: the same for all tensors (`scalars` is null and
// `scalar` counts), one for each tensor (`scalars[tensor]`, scalar_step = 1), or one that lies in device memory because
// a kernel computed it (`scalars[0]`, scalar_step = 0).
#include "multi_tensor.cuh"

__device__ __forceinline__ double number_for(int tensor, const double* scalars, int scalar_step, double scalar) {
    return scalars ? scalars[tensor * scalar_step] : scalar;
}

// foreach_add: a + s * b of every pair
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void foreach_add(T* const* out, const T* const* a, const T* const* b, const long long* chunks,
                            const double* scalars, int scalar_step, double scalar) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* y = out[chunk.tensor] + chunk.start;
    const T* x = a[chunk.tensor] + chunk.start;
    const T* z = b[chunk.tensor] + chunk.start;
    W s = (W)number_for(chunk.tensor, scalars, scalar_step, scalar);
    for_each_of(chunk.count, [=](int i) { y[i] = (T)((W)x[i] + s * (W)z[i]); });
}

// foreach_mul: a * b of every pair
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void foreach_mul(T* const* out, const T* const* a, const T* const* b, const long long* chunks) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* y = out[chunk.tensor] + chunk.start;
    const T* x = a[chunk.tensor] + chunk.start;
    const T* z = b[chunk.tensor] + chunk.start;
    for_each_of(chunk.count, [=](int i) { y[i] = (T)((W)x[i] * (W)z[i]); });
}

// foreach_div: a / b of every pair
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void foreach_div(T* const* out, const T* const* a, const T* const* b, const long long* chunks) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* y = out[chunk.tensor] + chunk.start;
    const T* x = a[chunk.tensor] + chunk.start;
    const T* z = b[chunk.tensor] + chunk.start;
    for_each_of(chunk.count, [=](int i) { y[i] = (T)((W)x[i] / (W)z[i]); });
}

// foreach_maximum: the larger of every pair; nan if one of them is nan
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void foreach_maximum(T* const* out, const T* const* a, const T* const* b, const long long* chunks) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* y = out[chunk.tensor] + chunk.start;
    const T* x = a[chunk.tensor] + chunk.start;
    const T* z = b[chunk.tensor] + chunk.start;
    for_each_of(chunk.count, [=](int i) {
        W p = (W)x[i], q = (W)z[i];
        y[i] = (T)(p > q || p != p ? p : q);
    });
}

// foreach_add_scalar: a + s
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void foreach_add_scalar(T* const* out, const T* const* a, const long long* chunks, const double* scalars,
                                   int scalar_step, double scalar) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* y = out[chunk.tensor] + chunk.start;
    const T* x = a[chunk.tensor] + chunk.start;
    W s = (W)number_for(chunk.tensor, scalars, scalar_step, scalar);
    for_each_of(chunk.count, [=](int i) { y[i] = (T)((W)x[i] + s); });
}

// foreach_mul_scalar: a * s
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void foreach_mul_scalar(T* const* out, const T* const* a, const long long* chunks, const double* scalars,
                                   int scalar_step, double scalar) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* y = out[chunk.tensor] + chunk.start;
    const T* x = a[chunk.tensor] + chunk.start;
    W s = (W)number_for(chunk.tensor, scalars, scalar_step, scalar);
    for_each_of(chunk.count, [=](int i) { y[i] = (T)((W)x[i] * s); });
}

// foreach_div_scalar: a / s
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void foreach_div_scalar(T* const* out, const T* const* a, const long long* chunks, const double* scalars,
                                   int scalar_step, double scalar) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* y = out[chunk.tensor] + chunk.start;
    const T* x = a[chunk.tensor] + chunk.start;
    W s = (W)number_for(chunk.tensor, scalars, scalar_step, scalar);
    for_each_of(chunk.count, [=](int i) { y[i] = (T)((W)x[i] / s); });
}

// foreach_sqrt: square roots
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void foreach_sqrt(T* const* out, const T* const* a, const long long* chunks) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* y = out[chunk.tensor] + chunk.start;
    const T* x = a[chunk.tensor] + chunk.start;
    for_each_of(chunk.count, [=](int i) { y[i] = (T)sqrt((W)x[i]); });
}

// foreach_neg: a with the other sign
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void foreach_neg(T* const* out, const T* const* a, const long long* chunks) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* y = out[chunk.tensor] + chunk.start;
    const T* x = a[chunk.tensor] + chunk.start;
    for_each_of(chunk.count, [=](int i) { y[i] = (T)(-(W)x[i]); });
}

// foreach_reciprocal: 1 / a
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void foreach_reciprocal(T* const* out, const T* const* a, const long long* chunks) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* y = out[chunk.tensor] + chunk.start;
    const T* x = a[chunk.tensor] + chunk.start;
    for_each_of(chunk.count, [=](int i) { y[i] = (T)((W)1 / (W)x[i]); });
}

// foreach_zero: zeros
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void foreach_zero(T* const* out, const long long* chunks) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* y = out[chunk.tensor] + chunk.start;
    for_each_of(chunk.count, [=](int i) { y[i] = (T)(W)0; });
}

// foreach_addcmul: a + s * b * c
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void foreach_addcmul(T* const* out, const T* const* a, const T* const* b, const T* const* c,
                                const long long* chunks, const double* scalars, int scalar_step, double scalar) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* y = out[chunk.tensor] + chunk.start;
    const T* x = a[chunk.tensor] + chunk.start;
    const T* z = b[chunk.tensor] + chunk.start;
    const T* w = c[chunk.tensor] + chunk.start;
    W s = (W)number_for(chunk.tensor, scalars, scalar_step, scalar);
    for_each_of(chunk.count, [=](int i) { y[i] = (T)((W)x[i] + s * (W)z[i] * (W)w[i]); });
}

// foreach_addcdiv: a + s * b / c
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void foreach_addcdiv(T* const* out, const T* const* a, const T* const* b, const T* const* c,
                                const long long* chunks, const double* scalars, int scalar_step, double scalar) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* y = out[chunk.tensor] + chunk.start;
    const T* x = a[chunk.tensor] + chunk.start;
    const T* z = b[chunk.tensor] + chunk.start;
    const T* w = c[chunk.tensor] + chunk.start;
    W s = (W)number_for(chunk.tensor, scalars, scalar_step, scalar);
    for_each_of(chunk.count, [=](int i) { y[i] = (T)((W)x[i] + s * (W)z[i] / (W)w[i]); });
}

// foreach_lerp: from a to b by the fraction s, from the nearer end: exact at both
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void foreach_lerp(T* const* out, const T* const* a, const T* const* b, const long long* chunks,
                             const double* scalars, int scalar_step, double scalar) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* y = out[chunk.tensor] + chunk.start;
    const T* x = a[chunk.tensor] + chunk.start;
    const T* z = b[chunk.tensor] + chunk.start;
    W s = (W)number_for(chunk.tensor, scalars, scalar_step, scalar);
    for_each_of(chunk.count, [=](int i) {
        W p = (W)x[i], q = (W)z[i];
        y[i] = (T)(fabs(s) < (W)0.5 ? p + s * (q - p) : q - (q - p) * (1 - s));
    });
}

// ---- norms: a sum of |x|^p a chunk, then a root a tensor ----------------------------------------------------------

// What an element adds to a norm of order 1 or 2, and how two parts of one are joined. Order 0 stands for infinity.
template <int ORDER, class W> __device__ __forceinline__ W norm_term(W x) { return ORDER == 2 ? x * x : fabs(x); }
template <int ORDER, class W> __device__ __forceinline__ W norm_join(W a, W b) {
    return ORDER ? a + b : (b > a || b != b ? b : a);
}

// multi_tensor_norm, rung 1: every thread leaves a partial sum
// What: a thread adds up its elements of the chunk and writes the sum to memory; one thread a tensor adds these up
// Why: additions in a fixed order, no atomics, no barrier: the same result every time
// Gain: the reference; one pass over the tensors, however many there are
// Host: yes
// T: float double __half __nv_bfloat16
// ORDER: 0 1 2
template <class T, int ORDER>
__global__ void norm_of_threads(const T* const* a, const long long* chunks, double* partial) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    const T* x = a[chunk.tensor] + chunk.start;
    W sum = 0;
    const int stride = blockDim.x;
    if (ORDER == 0) {
        for (int i = threadIdx.x; i < chunk.count; i += stride) sum = norm_join<0>(sum, norm_term<0>((W)x[i]));
    } else {
#pragma omp simd reduction(+ : sum)
        for (int i = threadIdx.x; i < chunk.count; i += stride) sum += norm_term<ORDER>((W)x[i]);
    }
    partial[(long long)blockIdx.x * blockDim.x + threadIdx.x] = (double)sum;
}

// multi_tensor_norm, rung 2: the block adds up its partial sums
// What: lanes of a warp add by shuffles, then the first warp adds what the warps have; one number a block is written
// Why: the second kernel read as many partial sums as there were threads
// Gain: 256 times fewer partial sums for one thread a tensor to add up
// T: float double __half __nv_bfloat16
// ORDER: 0 1 2
template <class T, int ORDER>
__global__ void norm_of_blocks(const T* const* a, const long long* chunks, double* partial) {
    using W = wide_t<T>;
    __shared__ W of_warp[32];
    Chunk chunk = chunk_of_block(chunks);
    const T* x = a[chunk.tensor] + chunk.start;
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    W sum = 0;
    for (int i = threadIdx.x; i < chunk.count; i += blockDim.x) sum = norm_join<ORDER>(sum, norm_term<ORDER>((W)x[i]));
    for (int d = 16; d; d /= 2) sum = norm_join<ORDER>(sum, __shfl_xor_sync(0xffffffff, sum, d));
    if (lane == 0) of_warp[warp] = sum;
    __syncthreads();
    if (warp == 0) {
        sum = lane < warps ? of_warp[lane] : (W)0;
        for (int d = 16; d; d /= 2) sum = norm_join<ORDER>(sum, __shfl_xor_sync(0xffffffff, sum, d));
        if (lane == 0) partial[blockIdx.x] = (double)sum;
    }
}

// norm_of_parts: the norm of every tensor from the partial sums of its chunks, one thread a tensor
// Host: yes
// T: float double __half __nv_bfloat16
// ORDER: 0 1 2
template <class T, int ORDER>
__global__ void norm_of_parts(const double* partial, const long long* first, int tensors, T* norms) {
    int tensor = blockIdx.x * blockDim.x + threadIdx.x;
    if (tensor >= tensors) return;
    double sum = 0;
    for (long long i = first[tensor]; i < first[tensor + 1]; i++) sum = norm_join<ORDER>(sum, partial[i]);
    norms[tensor] = (T)(wide_t<T>)(ORDER == 2 ? sqrt(sum) : sum);
}

// ---- mixed precision ----------------------------------------------------------------------------------------------

// unscale: gradients times 1 / scale, in place; found_inf becomes 1 if one of them is infinite or nan
// What: x - x is 0 for every finite x and nan for all others; blocks that find one all write the same 1
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void unscale(T* const* grads, const long long* chunks, const float* inverse_scale, float* found_inf) {
    using W = wide_t<T>;
    Chunk chunk = chunk_of_block(chunks);
    T* g = grads[chunk.tensor] + chunk.start;
    W factor = (W)*inverse_scale;
    int bad = 0;
    const int stride = blockDim.x;
#pragma omp simd reduction(| : bad)
    for (int i = threadIdx.x; i < chunk.count; i += stride) {
        W x = (W)g[i];
        bad |= !(x - x == 0);
        g[i] = (T)(factor == 1 ? x : x * factor);
    }
    if (bad) *found_inf = 1.0f;
}
