// Random numbers as PyTorch deals them out on a GPU. philox.cuh has the engine; the grid is that of PyTorch's kernels,
// blocks of 256 threads, because which number an element gets depends on it.
#include "philox.cuh"

// philox words: the bare words, for looking at the engine
__global__ void philox_words(unsigned* __restrict__ out, long long n, long long threads, unsigned long long seed,
                             unsigned long long offset) {
    deal<4>(out, n, threads, seed, offset, [](uint4 words, unsigned* numbers) {
        numbers[0] = words.x, numbers[1] = words.y, numbers[2] = words.z, numbers[3] = words.w;
    });
}

// (0, 1] * range + from, and what comes out as `to` becomes `from`: [from, to).
template <class T>
__device__ __forceinline__ T between(drawn_t<T> u, drawn_t<T> from, drawn_t<T> to, drawn_t<T> range) {
    T value = (T)fma(u, range, from);
    return (drawn_t<T>)value == to ? (T)from : value;
}

// philox uniform, rung 1: one number a thread, each computes its own
// What: an element asks which thread, round and word it belongs to, and computes four words to use one of them
// Why: nothing to change yet: an element depends on nothing but its own index
// Gain: the reference; four times the arithmetic that is needed, as soon as all four words are used
// T: float double __half __nv_bfloat16
template <class T>
__global__ void philox_uniform_one(T* __restrict__ out, long long n, long long threads, unsigned long long seed,
                                   unsigned long long offset, double from, double to, double range) {
    using W = drawn_t<T>;
    const int count = Numbers<W>::count;
    long long start = (long long)blockIdx.x * 256;
    for (long long i = start + threadIdx.x; i < start + 256; i += blockDim.x) {
        if (i < n) {
            W u[count];
            Numbers<W>::uniform(philox_draw(seed, offset, i % threads, i / (threads * count)), u);
            out[i] = between<T>(u[i / threads % count], (W)from, (W)to, (W)range);
        }
    }
}

// philox uniform, rung 2: all numbers of a counter in one thread
// What: a thread computes four words (two doubles) once and writes each where it belongs, `threads` elements apart
// Why: ten rounds of Philox are some sixty instructions, and three of four results were thrown away
// Gain: a quarter of the arithmetic; neighbouring threads still write neighbouring elements
// T: float double __half __nv_bfloat16
template <class T>
__global__ void philox_uniform_four(T* __restrict__ out, long long n, long long threads, unsigned long long seed,
                                    unsigned long long offset, double from, double to, double range) {
    using W = drawn_t<T>;
    const int count = Numbers<W>::count;
    long long start = (long long)blockIdx.x * 256;
    for (long long job = start + threadIdx.x; job < start + 256; job += blockDim.x) {
        long long t = job % threads, round = job / threads, before = round * threads * count;
        W u[count];
        Numbers<W>::uniform(philox_draw(seed, offset, t, round), u);
        for (int k = 0; k < count; k++)
            if (before + t + k * threads < n)
                out[before + t + k * threads] = between<T>(u[k], (W)from, (W)to, (W)range);
    }
}

// philox uniform, rung 3: as many threads as the GPU holds, each goes on until all is done
// What: the grid is no larger than the processor; a thread strides over the tensor and counts its counter up
// Why: starting a block has a price, and dividing 64-bit numbers to find one's place too
// Gain: no divisions, one start a thread; the generator must know only how many rounds there were
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void philox_uniform_stride(T* __restrict__ out, long long n, long long threads, unsigned long long seed,
                                      unsigned long long offset, double from, double to, double range) {
    using W = drawn_t<T>;
    W first = (W)from, last = (W)to, width = (W)range;
    deal<Numbers<W>::count>(out, n, threads, seed, offset, [=](uint4 words, T* numbers) {
        W u[Numbers<W>::count];
        Numbers<W>::uniform(words, u);
        for (int k = 0; k < Numbers<W>::count; k++) numbers[k] = between<T>(u[k], first, last, width);
    });
}

// philox normal: normal with `mean` and `std`, or the exponential of one
// T: float double
template <class T>
__global__ void philox_normal(T* __restrict__ out, long long n, long long threads, unsigned long long seed,
                              unsigned long long offset, double mean, double std, int logarithmic) {
    using W = drawn_t<T>;
    W shift = (W)mean, scale = (W)std;
    deal<Numbers<W>::count>(out, n, threads, seed, offset, [=](uint4 words, T* numbers) {
        W z[Numbers<W>::count];
        Numbers<W>::normal(words, z);
        for (int k = 0; k < Numbers<W>::count; k++) {
            W value = fma(z[k], scale, shift);
            numbers[k] = (T)(logarithmic ? exp(value) : value);
        }
    });
}

__device__ __forceinline__ float short_log(float x) { return __logf(x); }
__device__ __forceinline__ double short_log(double x) { return log(x); }
template <class W> __device__ __forceinline__ W half_step() { return 5.9604644775390625e-8f; }  // 2^-24
template <> __device__ __forceinline__ double half_step<double>() { return 1.1102230246251565e-16; }

// philox exponential: -log(u) / rate, where a u of 1 counts as a little less, for zero is not among the results
// T: float double
template <class T>
__global__ void philox_exponential(T* __restrict__ out, long long n, long long threads, unsigned long long seed,
                                   unsigned long long offset, double rate) {
    using W = drawn_t<T>;
    W scale = (W)-1 / (W)rate;
    deal<Numbers<W>::count>(out, n, threads, seed, offset, [=](uint4 words, T* numbers) {
        W u[Numbers<W>::count];
        Numbers<W>::uniform(words, u);
        for (int k = 0; k < Numbers<W>::count; k++)
            numbers[k] = (T)(scale * (u[k] >= 1 - half_step<W>() ? -half_step<W>() : short_log(u[k])));
    });
}

// philox bernoulli: 1 with probability p, else 0
// T: float double
template <class T>
__global__ void philox_bernoulli(T* __restrict__ out, long long n, long long threads, unsigned long long seed,
                                 unsigned long long offset, double p) {
    using W = drawn_t<T>;
    W chance = (W)p;
    deal<Numbers<W>::count>(out, n, threads, seed, offset, [=](uint4 words, T* numbers) {
        W u[Numbers<W>::count];
        Numbers<W>::uniform(words, u);
        for (int k = 0; k < Numbers<W>::count; k++) numbers[k] = (T)(float)(u[k] < chance);
    });
}

// philox bernoulli of: 1 with the probability of each element, else 0; a thread takes four neighbours
// T: float double
template <class T>
__global__ void philox_bernoulli_of(T* __restrict__ out, const T* __restrict__ chances, long long n,
                                    unsigned long long seed, unsigned long long offset) {
    long long start = (long long)blockIdx.x * 256;
    for (long long t = start + threadIdx.x; t < start + 256; t += blockDim.x) {
        if (4 * t < n) {
            uint4 words = philox_draw(seed, offset, t, 0);
            for (int k = 0; k < 4 && 4 * t + k < n; k++)
                out[4 * t + k] = (T)(float)(unit_float(word_of(words, k)) <= chances[4 * t + k]);
        }
    }
}

// philox integers: words modulo `range`, plus `base`; two words a number where `range` needs them
// WIDE: 0 1
template <int WIDE>
__global__ void philox_integers(long long* __restrict__ out, long long n, long long threads, unsigned long long seed,
                                unsigned long long offset, unsigned long long range, long long base) {
    deal<WIDE ? 2 : 4>(out, n, threads, seed, offset, [=](uint4 words, long long* numbers) {
        if (WIDE) {
            numbers[0] = (long long)(((unsigned long long)words.x << 32 | words.y) % range) + base;
            numbers[1] = (long long)(((unsigned long long)words.z << 32 | words.w) % range) + base;
        } else {
            for (int k = 0; k < 4; k++) numbers[k] = (long long)(word_of(words, k) % (unsigned)range) + base;
        }
    });
}

// philox dropout: zero with probability 1 - keep, else x / keep; a thread takes EACH neighbours at a time, 1: none
// T: float
// EACH: 1 2 4 8
template <class T, int EACH>
__global__ void philox_dropout(const T* __restrict__ x, T* __restrict__ y, bool* __restrict__ mask, long long n,
                               long long threads, unsigned long long seed, unsigned long long offset, double keep,
                               double scale) {
    using W = wide_t<T>;
    const int draws = EACH > 4 ? EACH / 4 : 1, taken = EACH == 1 || EACH > 4 ? 4 : EACH;
    long long start = (long long)blockIdx.x * 256, end = start + 256 < threads ? start + 256 : threads, turn = 0;
    long long step = EACH == 1 ? 1 : EACH, apart = EACH == 1 ? threads : 1;
    for (long long before = 0; before < n; before += threads * (EACH == 1 ? 4 : EACH), turn++)
        for (long long t = start + threadIdx.x; t < end; t += blockDim.x)
            for (int draw = 0; draw < draws; draw++) {
                uint4 words = philox_draw(seed, offset, t, turn * draws + draw);
                for (int k = 0; k < taken; k++) {
                    long long i = before + t * step + (draw * 4 + k) * apart;
                    if (i < n) {
                        bool kept = unit_float(word_of(words, k)) < (W)keep;
                        y[i] = (T)((W)x[i] * (W)kept * (W)scale);
                        mask[i] = kept;
                    }
                }
            }
}
