// mt19937, the generator of PyTorch on the CPU (core/generator.py tells how it works), and numbers made of its words.
//
// A block of 624 words comes from the one before by a twist, in place, and each word is tempered on its way out:
//     k[i] = k[(i + 397) % 624] ^ (y >> 1) ^ (0x9908b0df if y is odd),   y = the upper bit of k[i], the rest of k[i + 1]
// Word i needs words i + 1 and i + 397 of the old block, or i - 227 of the new: so 227 words at a time are independent.
#include "numeric.cuh"

__device__ __forceinline__ unsigned twisted(unsigned far, unsigned here, unsigned next) {
    const unsigned y = (here & 0x80000000u) | (next & 0x7fffffffu);
    return far ^ (y >> 1) ^ (0x9908b0dfu & (0u - (y & 1u)));
}

__device__ __forceinline__ unsigned tempered(unsigned y) {
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

// mersenne twister, rung 1: one thread makes all words, block after block
// What: `key` is the block that was handed out last; the next `blocks` of them go to `words`, the last one to `key`
// Why: nothing to change yet
// Gain: the reference; on a CPU the loops are vectorised, for the dependence is 227 words away: a tenth of NumPy's time
// Host: yes
__global__ void mersenne_twister_serial(unsigned* key, unsigned* words, long long blocks) {
    unsigned k[624];
    for (int i = 0; i < 624; i++) k[i] = key[i];
    for (long long b = 0; b < blocks; b++) {
        for (int i = 0; i < 227; i++) k[i] = twisted(k[i + 397], k[i], k[i + 1]);
        for (int i = 227; i < 623; i++) k[i] = twisted(k[i - 227], k[i], k[i + 1]);
        k[623] = twisted(k[396], k[623], k[0]);
        unsigned* out = words + b * 624;
        for (int i = 0; i < 624; i++) out[i] = tempered(k[i]);
    }
    for (int i = 0; i < 624; i++) key[i] = k[i];
}

// mersenne twister, rung 2: 227 threads twist side by side
// What: the key is in shared memory and is twisted in the three runs that depend on each other; one block of threads
// Why: within a run no word needs another of the same run, only its right neighbour before that is overwritten
// Gain: a factor of about 50 on a GPU; still one block on one multiprocessor, which is why GPUs use Philox instead
__global__ void mersenne_twister_shared(unsigned* key, unsigned* words, long long blocks) {
    __shared__ unsigned k[624];
    for (int i = threadIdx.x; i < 624; i += blockDim.x) k[i] = key[i];
    __syncthreads();
    for (long long b = 0; b < blocks; b++) {
        for (int run = 0; run < 624; run += 227) {
            const int i = run + threadIdx.x;
            const bool mine = threadIdx.x < 227 && i < 624;
            unsigned fresh = 0;
            if (mine) fresh = twisted(k[i < 227 ? i + 397 : i - 227], k[i], k[i < 623 ? i + 1 : 0]);
            __syncthreads();
            if (mine) k[i] = fresh;
            __syncthreads();
        }
        for (int i = threadIdx.x; i < 624; i += blockDim.x) words[b * 624 + i] = tempered(k[i]);
    }
    for (int i = threadIdx.x; i < 624; i += blockDim.x) key[i] = k[i];
}

// bernoulli of words: 1 where 53 bits of two words are below a threshold, else 0
// What: y[i] = (words[2 i] * 2^32 + words[2 i + 1]) % 2^53 < threshold, which is p 2^53 rounded up
// Why: one pass instead of joining words, masking, converting to double, comparing and converting
// Gain: a fifth of the memory traffic
// Host: yes
// T: float double
template <class T>
__global__ void bernoulli_of_words(const unsigned* __restrict__ words, T* __restrict__ y, long long n, long long chunk,
                                   unsigned long long threshold) {
    const unsigned step = blockDim.x, high = (unsigned)(threshold >> 32), low = (unsigned)threshold;
    const long long start = blockIdx.x * chunk, end = start + chunk < n ? start + chunk : n;
    for (long long i = start + threadIdx.x; i < end; i += step) {
        const unsigned upper = words[2 * i] & 0x1fffffu, lower = words[2 * i + 1];
        y[i] = (T)((upper < high) | ((upper == high) & (lower < low)));
    }
}
