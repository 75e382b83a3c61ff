// Activation functions over contiguous arrays: y = f(x), and dx = f'(x) dy.
#include "activation.cuh"
#include "vector.cuh"

// ---- forward --------------------------------------------------------------------------------------------------------

// activation, rung 1: one thread computes one element
// What: y[i] = f(x[i])
// Why: nothing to change yet
// Gain: the reference; neighbouring threads read neighbouring addresses already, but 4 bytes each
// Op: Relu LeakyRelu Gelu Silu
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void activation_elementwise(const T* x, T* y, long long n, double a, double b, double c) {
    using W = wide_t<T>;
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = (T)Op::value((W)x[i], (W)a, (W)b, (W)c);
}

// activation, rung 2: one block computes a chunk
// What: a thread takes every blockDim-th element of its block's chunk
// Why: what does not depend on the element is done once a thread; on a CPU the chunk is one vectorised loop
// Gain: fewer, longer-lived threads; on a GPU little, on a CPU a factor of 5 to 20 (vector instructions)
// Host: yes
// Op: Relu LeakyRelu Gelu Silu
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void activation_chunked(const T* x, T* y, long long n, long long chunk, double a, double b, double c) {
    using W = wide_t<T>;
    const W wa = (W)a, wb = (W)b, wc = (W)c;
    const unsigned step = blockDim.x;
    const long long start = blockIdx.x * chunk, end = start + chunk < n ? start + chunk : n;
    // y may be x: each element is read before it is written, by the same thread
#pragma omp simd
    for (long long i = start + threadIdx.x; i < end; i += step) y[i] = (T)Op::value((W)x[i], wa, wb, wc);
}

// activation, rung 3: 16 bytes a load and a store
// What: a thread takes 4 floats or 8 halves at once; the rest of the chunk, and unaligned arrays, element by element
// Why: a quarter of the memory instructions, and more bytes under way at once
// Gain: 10 to 30 percent where memory is the bound, most for halves
// Op: Relu LeakyRelu Gelu Silu
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void activation_vectorised(const T* x, T* y, long long n, long long chunk, double a, double b, double c) {
    using W = wide_t<T>;
    const W wa = (W)a, wb = (W)b, wc = (W)c;
    const long long start = blockIdx.x * chunk, end = start + chunk < n ? start + chunk : n;
    constexpr int N = Vector<T>::size;
    long long whole = start;
    if (aligned(x + start) && aligned(y + start)) whole = start + (end - start) / N * N;
    for (long long i = start + threadIdx.x * N; i < whole; i += blockDim.x * N) {
        Vector<T> v = load_vector(x + i);
        for (int k = 0; k < N; k++) v.at[k] = (T)Op::value((W)v.at[k], wa, wb, wc);
        store_vector(y + i, v);
    }
    for (long long i = whole + threadIdx.x; i < end; i += blockDim.x) y[i] = (T)Op::value((W)x[i], wa, wb, wc);
}

// ---- backward -------------------------------------------------------------------------------------------------------

// activation backward, rung 1: one thread computes one element
// What: dx[i] = f'(x[i]) dy[i]; x is the input, or the result where the derivative is simpler in it
// Why: nothing to change yet
// Gain: the reference
// Op: Relu LeakyRelu Gelu Silu
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void activation_backward_elementwise(const T* dy, const T* x, T* dx, long long n, double a, double b,
                                                double c) {
    using W = wide_t<T>;
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) dx[i] = (T)Op::gradient((W)dy[i], (W)x[i], (W)a, (W)b, (W)c);
}

// activation backward, rung 2: one block computes a chunk
// What: a thread takes every blockDim-th element of its block's chunk
// Why: what does not depend on the element is done once a thread; on a CPU the chunk is one vectorised loop
// Gain: as in the forward pass: much on a CPU, little on a GPU
// Host: yes
// Op: Relu LeakyRelu Gelu Silu
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void activation_backward_chunked(const T* dy, const T* x, T* dx, long long n, long long chunk, double a,
                                            double b, double c) {
    using W = wide_t<T>;
    const W wa = (W)a, wb = (W)b, wc = (W)c;
    const unsigned step = blockDim.x;
    const long long start = blockIdx.x * chunk, end = start + chunk < n ? start + chunk : n;
#pragma omp simd
    for (long long i = start + threadIdx.x; i < end; i += step)
        dx[i] = (T)Op::gradient((W)dy[i], (W)x[i], wa, wb, wc);
}

// activation backward, rung 3: 16 bytes a load and a store
// What: a thread takes 4 floats or 8 halves of both arrays at once
// Why: three streams of memory, each with a quarter of the instructions
// Gain: 10 to 30 percent where memory is the bound
// Op: Relu LeakyRelu Gelu Silu
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void activation_backward_vectorised(const T* dy, const T* x, T* dx, long long n, long long chunk, double a,
                                               double b, double c) {
    using W = wide_t<T>;
    const W wa = (W)a, wb = (W)b, wc = (W)c;
    const long long start = blockIdx.x * chunk, end = start + chunk < n ? start + chunk : n;
    constexpr int N = Vector<T>::size;
    long long whole = start;
    if (aligned(dy + start) && aligned(x + start) && aligned(dx + start)) whole = start + (end - start) / N * N;
    for (long long i = start + threadIdx.x * N; i < whole; i += blockDim.x * N) {
        Vector<T> g = load_vector(dy + i), v = load_vector(x + i);
        for (int k = 0; k < N; k++) v.at[k] = (T)Op::gradient((W)g.at[k], (W)v.at[k], wa, wb, wc);
        store_vector(dx + i, v);
    }
    for (long long i = whole + threadIdx.x; i < end; i += blockDim.x)
        dx[i] = (T)Op::gradient((W)dy[i], (W)x[i], wa, wb, wc);
}
