// Correct kernels that a careless checker would accuse.

// transpose_in_shared: barriers where they belong
__global__ void reverse(const float* x, float* y) {
    __shared__ float s[128];
    for (int round = 0; round < 3; round++) {
        s[threadIdx.x] = x[threadIdx.x] + round;
        __syncthreads();
        y[round * blockDim.x + threadIdx.x] = s[blockDim.x - 1 - threadIdx.x];
        __syncthreads();
    }
}

// warp_reverse: __syncwarp is enough inside a warp
__global__ void warp_reverse(const float* x, float* y) {
    __shared__ float s[64];
    int lane = threadIdx.x % 32, first = threadIdx.x - lane;
    for (int round = 0; round < 2; round++) {
        s[threadIdx.x] = x[threadIdx.x] + round;
        __syncwarp();
        y[round * blockDim.x + threadIdx.x] = s[first + 31 - lane];
        __syncwarp();
    }
}

// histogram: atomic operations do not race with each other
__global__ void histogram(const int* x, int* counts, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) atomicAdd(&counts[x[i]], 1);
}

// last_block_adds: a fence before the ticket orders what was stored before
__global__ void last_block_adds(const float* x, float* partial, unsigned* arrived, float* sum) {
    __shared__ bool last;
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = x[blockIdx.x] * 2;
        __threadfence();
        last = atomicAdd(arrived, 1u) == gridDim.x - 1;
    }
    __syncthreads();
    if (last && threadIdx.x == 1) {
        float total = 0;
        for (int b = 0; b < gridDim.x; b++) total += partial[b];
        sum[0] = total;
    }
}

// last_thread_adds: the same ticket among the threads of one block
__global__ void last_thread_adds(float* x, unsigned* done) {
    float before = *x;
    __threadfence();
    if (atomicAdd(done, 1u) == blockDim.x - 1) *x = before + 1;
}

// all_say_the_same: many threads write the same value
__global__ void all_say_the_same(const float* x, float* found, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n && x[i] < 0) found[0] = 1;
}

// votes: ballots, matches and sums of a warp
__global__ void votes(const int* x, unsigned* y) {
    int v = x[threadIdx.x];
    y[threadIdx.x] = __ballot_sync(0xffffffff, v > 3);
    y[32 + threadIdx.x] = __match_any_sync(0xffffffff, v);
    y[64 + threadIdx.x] = (unsigned)__reduce_add_sync(0xffffffff, v);
    __syncwarp();
    y[96 + threadIdx.x] = __activemask();
    __syncwarp();
}
