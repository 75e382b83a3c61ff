// Philox4x32-10 (Salmon et al. 2011): four random words for a counter and a key, and no state to share.
// Which counter belongs to which thread, and which word to which element: minitorch/core/cuda/philox.py.
#pragma once
#include "numeric.cuh"

// One round: two products by constants; their high halves are mixed into the other two words, and all change places.
__device__ __forceinline__ uint4 philox_round(uint4 c, uint2 key) {
    unsigned long long p0 = 0xD2511F53ull * c.x, p1 = 0xCD9E8D57ull * c.z;
    return make_uint4((unsigned)(p1 >> 32) ^ c.y ^ key.x, (unsigned)p1, (unsigned)(p0 >> 32) ^ c.w ^ key.y, (unsigned)p0);
}

__device__ __forceinline__ uint4 philox4x32(uint4 counter, uint2 key) {
    for (int round = 0; round < 10; round++) {
        counter = philox_round(counter, key);
        key.x += 0x9E3779B9u;  // the golden ratio
        key.y += 0xBB67AE85u;  // sqrt(3) - 1
    }
    return counter;
}

// What a thread draws in a round of a launch. `offset`: where the generator stood, in words.
__device__ __forceinline__ uint4 philox_draw(unsigned long long seed, unsigned long long offset, long long thread,
                                             long long round) {
    unsigned long long position = offset / 4 + round;
    uint4 counter = make_uint4((unsigned)position, (unsigned)(position >> 32), (unsigned)thread,
                               (unsigned)((unsigned long long)thread >> 32));
    return philox4x32(counter, make_uint2((unsigned)seed, (unsigned)(seed >> 32)));
}

__device__ __forceinline__ unsigned word_of(uint4 words, int k) {
    return k == 0 ? words.x : k == 1 ? words.y : k == 2 ? words.z : words.w;
}

// A word on (0, 1]: the middle of its interval of 2^-32, rounded once.
__device__ __forceinline__ float unit_float(unsigned word) {
    return (float)word * 2.3283064365386963e-10f + 1.1641532182693481e-10f;
}

// 53 bits of two words.
__device__ __forceinline__ unsigned long long significand(unsigned low, unsigned high) {
    return (unsigned long long)low ^ (unsigned long long)high << 21;
}

__device__ __forceinline__ double unit_double(unsigned low, unsigned high) {
    return (double)significand(low, high) * 1.1102230246251565e-16 + 5.5511151231257827e-17;
}

// Box and Muller's transform as cuRAND does it: sine first, cosine second.
__device__ __forceinline__ void box_muller(unsigned first, unsigned second, float* z) {
    const float step = 2.3283064365386963e-10f * 6.2831855f;
    float radius = sqrtf(-2.0f * logf(unit_float(first))), angle = fmaf((float)second, step, step / 2);
#ifdef __CUDA_ARCH__
    __sincosf(angle, z, z + 1);  // the short one of the special function unit, off by up to 2^-21
#else
    z[0] = sinf(angle), z[1] = cosf(angle);
#endif
    z[0] *= radius, z[1] *= radius;
}

__device__ __forceinline__ void box_muller(uint4 words, double* z) {
    double radius = sqrt(-2.0 * log(unit_double(words.x, words.y)));
    double half_turns = (double)significand(words.z, words.w) * 2.2204460492503131e-16 + 1.1102230246251565e-16;
#ifdef __CUDA_ARCH__
    sincospi(half_turns, z, z + 1);
#else
    z[0] = sin(3.1415926535897932 * half_turns), z[1] = cos(3.1415926535897932 * half_turns);
#endif
    z[0] *= radius, z[1] *= radius;
}

// How many numbers of type W four words make, and the uniform and the normal ones among them.
template <class W> struct Numbers {
    static constexpr int count = 4;
    static __device__ __forceinline__ void uniform(uint4 words, float* u) {
        u[0] = unit_float(words.x), u[1] = unit_float(words.y), u[2] = unit_float(words.z), u[3] = unit_float(words.w);
    }
    static __device__ __forceinline__ void normal(uint4 words, float* z) {
        box_muller(words.x, words.y, z), box_muller(words.z, words.w, z + 2);
    }
};

template <> struct Numbers<double> {
    static constexpr int count = 2;
    static __device__ __forceinline__ void uniform(uint4 words, double* u) {
        u[0] = unit_double(words.x, words.y), u[1] = unit_double(words.z, words.w);
    }
    static __device__ __forceinline__ void normal(uint4 words, double* z) {
        box_muller(words, z);
    }
};

// In which type a random number becomes one of type T: double for double, float for everything else.
template <class T> struct DrawnAs { using type = float; };
template <> struct DrawnAs<double> { using type = double; };
template <class T> using drawn_t = typename DrawnAs<T>::type;

// Deal numbers to n elements: thread t of `threads` gets elements t, t + threads, ..., `count` of them a round.
// `make(words, numbers)` makes the numbers of four words. A block has 256 of the threads.
template <int count, class T, class Make>
__device__ __forceinline__ void deal(T* out, long long n, long long threads, unsigned long long seed,
                                     unsigned long long offset, Make make) {
    long long start = (long long)blockIdx.x * 256, end = start + 256 < threads ? start + 256 : threads, round = 0;
    for (long long before = 0; before < n; before += count * threads, round++)
        for (long long t = start + threadIdx.x; t < end; t += blockDim.x) {
            T numbers[count];
            make(philox_draw(seed, offset, t, round), numbers);
#pragma unroll
            for (int k = 0; k < count; k++)
                if (before + t + k * threads < n) out[before + t + k * threads] = numbers[k];
        }
}
