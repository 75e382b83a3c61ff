// Optimizers whose whole step is one kernel. The formulas are those of minitorch/optim/adam.py and sgd.py.
//
// In the for-loop form every line of the formula is a kernel of its own, and each of them reads and writes whole
// tensors: AdamW moves some 20 numbers an element through memory. Fused, each number is read once and written once:
// four in (w, grad, m, v), three out.
#include "multi_tensor.cuh"

// ---- Adam and AdamW -----------------------------------------------------------------------------------------------

// Everything in a step of Adam that is the same for all elements of a tensor. `decay` is what 1 - lr * weight_decay,
// rounded to a W, lacks of 1: then p + decay * p is rounded as p * (1 - lr * weight_decay) is in the other forms, be it
// one instruction or two. With another rounding a hundred steps would differ in the sixth digit.
template <class W> struct AdamStep {
    W sign, decay, weight_decay, weight1, beta2, weight2, step_size, correction2, eps;
};

// `step` counts from 1. Powers are taken in double: 1 - 0.999^t of a small t loses half of a float's digits.
template <class W>
__device__ __forceinline__ AdamStep<W> adam_step(double step, double lr, double beta1, double beta2,
                                                 double weight_decay, double eps, int decoupled, int maximize) {
    return {(W)(maximize ? -1 : 1),
            decoupled ? (W)(1 - lr * weight_decay) - 1 : (W)0,
            (W)(decoupled ? 0 : weight_decay),
            (W)(1 - beta1),
            (W)beta2,
            (W)(1 - beta2),
            (W)(lr / (1 - pow(beta1, step))),
            (W)sqrt(1 - pow(beta2, step)),
            (W)eps};
}

// The formula for one element. `largest` is null unless AMSGRAD.
template <int AMSGRAD, class T, class W>
__device__ __forceinline__ void adam_element(T* p, const T* g, T* m, T* v, T* largest, long long i,
                                             const AdamStep<W>& s) {
    W w = (W)p[i] + s.decay * (W)p[i], gradient = s.sign * (W)g[i], average = (W)m[i];
    if (s.weight_decay != 0) gradient += s.weight_decay * w;
    W change = gradient - average;  // as lerp: from the nearer end
    average = s.weight1 < (W)0.5 ? average + s.weight1 * change : gradient - change * (1 - s.weight1);
    W square = s.beta2 * (W)v[i] + s.weight2 * gradient * gradient;
    m[i] = (T)average;
    v[i] = (T)square;
    if (AMSGRAD) {
        W before = (W)largest[i];
        square = before > square || before != before ? before : square;
        largest[i] = (T)square;
    }
    p[i] = (T)(w - s.step_size * average / (sqrt(square) / s.correction2 + s.eps));
}

// adam, rung 1: a launch a tensor, a thread an element
// What: the formula as it reads; every thread works out the step size and the corrections for itself
// Why: nothing to change yet
// Gain: against the for-loop form, 7 numbers an element through memory instead of some 20, and 1 launch instead of 9
// T: float double __half __nv_bfloat16
// AMSGRAD: 0 1
template <class T, int AMSGRAD>
__global__ void adam_thread_per_element(T* p, const T* g, T* m, T* v, T* largest, const float* step, long long n,
                                        double lr, double beta1, double beta2, double weight_decay, double eps,
                                        int decoupled, int maximize) {
    using W = wide_t<T>;
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    AdamStep<W> s = adam_step<W>(*step, lr, beta1, beta2, weight_decay, eps, decoupled, maximize);
    adam_element<AMSGRAD>(p, g, m, v, largest, i, s);
}

// adam, rung 2: a launch a tensor, a block owns a chunk
// What: a thread does every 256th element of its block's chunk
// Why: two powers in double cost a thread more than all the rest of the formula
// Gain: the powers are taken once in 64 elements; neighbouring threads still touch neighbouring addresses
// T: float double __half __nv_bfloat16
// AMSGRAD: 0 1
template <class T, int AMSGRAD>
__global__ void adam_chunk_per_block(T* p, const T* g, T* m, T* v, T* largest, const float* step, long long n,
                                     int chunk, double lr, double beta1, double beta2, double weight_decay, double eps,
                                     int decoupled, int maximize) {
    using W = wide_t<T>;
    AdamStep<W> s = adam_step<W>(*step, lr, beta1, beta2, weight_decay, eps, decoupled, maximize);
    long long start = (long long)blockIdx.x * chunk, left = n - start;
    for_each_of((int)(left < chunk ? left : chunk),
                [=](int i) { adam_element<AMSGRAD>(p, g, m, v, largest, start + i, s); });
}

// One chunk of one of many tensors, for the rungs that take them all. The gradient is divided by *grad_scale first, and
// written back so, if there is one.
template <int AMSGRAD, class T>
__device__ __forceinline__ void adam_chunk(T* const* params, T* const* grads, T* const* exp_avgs, T* const* exp_avg_sqs,
                                           T* const* max_exp_avg_sqs, Chunk chunk, AdamStep<wide_t<T>> s,
                                           const float* grad_scale) {
    using W = wide_t<T>;
    T *p = params[chunk.tensor] + chunk.start, *g = grads[chunk.tensor] + chunk.start;
    T *m = exp_avgs[chunk.tensor] + chunk.start, *v = exp_avg_sqs[chunk.tensor] + chunk.start;
    T* largest = AMSGRAD ? max_exp_avg_sqs[chunk.tensor] + chunk.start : nullptr;
    if (grad_scale) {
        W scale = (W)*grad_scale;
        for_each_of(chunk.count, [=](int i) { g[i] = (T)((W)g[i] / scale); });
    }
    for_each_of(chunk.count, [=](int i) { adam_element<AMSGRAD>(p, (const T*)g, m, v, largest, i, s); });
}

// adam, rung 3: all tensors in one launch
// What: a block finds its chunk in a table; the last thread to be done with a tensor adds 1 to its step count
// Why: a network has a hundred small tensors, and each launch took longer than the work in it
// Gain: one launch instead of two a tensor (the update and the count); but every thread ends with an atomic
// Host: yes
// T: float double __half __nv_bfloat16
// AMSGRAD: 0 1
template <class T, int AMSGRAD>
__global__ void adam_multi_tensor(T* const* params, T* const* grads, T* const* exp_avgs, T* const* exp_avg_sqs,
                                  T* const* max_exp_avg_sqs, float* const* steps, const long long* chunks,
                                  const int* chunks_of_tensor, unsigned* done, const double* lr_on_device, double lr,
                                  double beta1, double beta2, double weight_decay, double eps, int decoupled,
                                  int maximize, const float* grad_scale, const float* found_inf) {
    using W = wide_t<T>;
    if (found_inf && *found_inf == 1) return;
    Chunk chunk = chunk_of_block(chunks);
    float* step = steps[chunk.tensor];
    double count = *step + 1.0;
    AdamStep<W> s = adam_step<W>(count, lr_on_device ? *lr_on_device : lr, beta1, beta2, weight_decay, eps, decoupled,
                                 maximize);
    adam_chunk<AMSGRAD>(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, chunk, s, grad_scale);
    __threadfence();  // the count was read before this thread says that it is done
    unsigned threads = blockDim.x * (unsigned)chunks_of_tensor[chunk.tensor];
    if (atomicAdd(&done[chunk.tensor], 1u) == threads - 1) {
        *step = (float)count;
        done[chunk.tensor] = 0;  // for the next launch
    }
}

// adam, rung 4: a block says once that it is done
// What: a barrier, then one thread of the block counts for all of them
// Why: 256 atomics a block on the same address wait for each other
// Gain: 256 times fewer atomics
// T: float double __half __nv_bfloat16
// AMSGRAD: 0 1
template <class T, int AMSGRAD>
__global__ void adam_counting_blocks(T* const* params, T* const* grads, T* const* exp_avgs, T* const* exp_avg_sqs,
                                     T* const* max_exp_avg_sqs, float* const* steps, const long long* chunks,
                                     const int* chunks_of_tensor, unsigned* done, const double* lr_on_device, double lr,
                                     double beta1, double beta2, double weight_decay, double eps, int decoupled,
                                     int maximize, const float* grad_scale, const float* found_inf) {
    using W = wide_t<T>;
    if (!found_inf || *found_inf != 1) {  // the same for all threads of the launch
        Chunk chunk = chunk_of_block(chunks);
        float* step = steps[chunk.tensor];
        double count = *step + 1.0;
        AdamStep<W> s = adam_step<W>(count, lr_on_device ? *lr_on_device : lr, beta1, beta2, weight_decay, eps,
                                     decoupled, maximize);
        adam_chunk<AMSGRAD>(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, chunk, s, grad_scale);
        __syncthreads();
        if (threadIdx.x == 0) {
            __threadfence();
            if (atomicAdd(&done[chunk.tensor], 1u) == (unsigned)chunks_of_tensor[chunk.tensor] - 1) {
                *step = (float)count;
                done[chunk.tensor] = 0;
            }
        }
    }
}

// ---- SGD ----------------------------------------------------------------------------------------------------------

// The formula for one element. `buffer` is null without momentum; `first`: it has nothing in it yet.
template <class T, class W>
__device__ __forceinline__ void sgd_element(T* p, const T* g, T* buffer, long long i, W sign, W lr, W weight_decay,
                                            W momentum, W taken, int nesterov, int first) {
    W w = (W)p[i], gradient = sign * (W)g[i];
    if (weight_decay != 0) gradient += weight_decay * w;
    if (buffer) {
        W b = first ? gradient : momentum * (W)buffer[i] + taken * gradient;
        buffer[i] = (T)b;
        gradient = nesterov ? gradient + momentum * b : b;
    }
    p[i] = (T)(w - lr * gradient);
}

// sgd, rung 1: a launch a tensor, a thread an element
// What: the formula as it reads
// Why: nothing to change yet
// Gain: the reference; 5 numbers an element through memory with momentum, instead of 11 in the for-loop form
// T: float double __half __nv_bfloat16
template <class T>
__global__ void sgd_thread_per_element(T* p, const T* g, T* buffer, long long n, double lr, double weight_decay,
                                       double momentum, double dampening, int nesterov, int maximize, int first) {
    using W = wide_t<T>;
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    sgd_element(p, g, buffer, i, (W)(maximize ? -1 : 1), (W)lr, (W)weight_decay, (W)momentum, (W)(1 - dampening),
                nesterov, first);
}

// sgd, rung 2: all tensors in one launch
// What: a block finds its chunk in a table
// Why: a network has a hundred small tensors, and each launch took longer than the work in it
// Gain: one launch instead of one a tensor
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void sgd_multi_tensor(T* const* params, T* const* grads, T* const* buffers, const long long* chunks,
                                 const double* lr_on_device, double lr, double weight_decay, double momentum,
                                 double dampening, int nesterov, int maximize, int first, const float* grad_scale,
                                 const float* found_inf) {
    using W = wide_t<T>;
    if (found_inf && *found_inf == 1) return;
    Chunk chunk = chunk_of_block(chunks);
    T *p = params[chunk.tensor] + chunk.start, *g = grads[chunk.tensor] + chunk.start;
    T* buffer = buffers ? buffers[chunk.tensor] + chunk.start : nullptr;
    if (grad_scale) {
        W scale = (W)*grad_scale;
        for_each_of(chunk.count, [=](int i) { g[i] = (T)((W)g[i] / scale); });
    }
    W rate = (W)(lr_on_device ? *lr_on_device : lr), sign = (W)(maximize ? -1 : 1);
    W decay = (W)weight_decay, kept = (W)momentum, taken = (W)(1 - dampening);
    for_each_of(chunk.count, [=](int i) {
        sgd_element(p, (const T*)g, buffer, i, sign, rate, decay, kept, taken, nesterov, first);
    });
}
