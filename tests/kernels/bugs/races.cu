// Planted bugs: two threads, one word of global memory.

// plain_addition: should be atomicAdd
__global__ void plain_addition(const float* x, float* sums) {
    sums[threadIdx.x % 4] += x[threadIdx.x];  // here
}

// blocks_add: every block adds to the same word
__global__ void blocks_add(const float* x, float* sum) {
    if (threadIdx.x == 0) sum[0] += x[blockIdx.x];  // here
}

// neighbours: a block reads what its neighbour writes
__global__ void neighbours(float* x, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i + 1 < n) x[i] = x[i + 1];  // here
}

// last_block_without_fence: the last block to come adds what the others stored, which they may not have finished
__global__ void last_block_without_fence(const float* x, float* partial, unsigned* arrived, float* sum) {
    __shared__ bool last;
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = x[blockIdx.x] * 2;  // here
        last = atomicAdd(arrived, 1) == gridDim.x - 1;
    }
    __syncthreads();
    if (last && threadIdx.x == 1) {
        float total = 0;
        for (int b = 0; b < gridDim.x; b++) total += partial[b];  // here
        sum[0] = total;
    }
}

// said_too_early: a thread reads once more after it has said that it is done
__global__ void said_too_early(float* x, float* y, unsigned* done) {
    __threadfence();
    bool last = atomicAdd(done, 1u) == blockDim.x - 1;
    y[threadIdx.x] = *x;  // here
    if (last) *x = 7;  // here
}

// atomic_and_plain: one thread adds atomically, another reads plainly
__global__ void atomic_and_plain(float* x, float* y) {
    if (threadIdx.x < 32) atomicAdd(x, 1.0f);  // here
    else y[threadIdx.x - 32] = x[0];  // here
}
