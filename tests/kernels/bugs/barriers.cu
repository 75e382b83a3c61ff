// Planted bugs: threads that wait for each other in vain, or not at all.

// early_return: threads beyond n leave before the barrier, the others wait for them
__global__ void early_return(float* x, int n) {
    __shared__ float s[64];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    s[threadIdx.x] = x[i];
    __syncthreads();  // here
    x[i] = s[0];
}

// divergent_barriers: the halves of a block wait at two barriers
__global__ void divergent_barriers(float* x) {
    if (threadIdx.x < 16) {
        x[threadIdx.x] = 1;
        __syncthreads();  // here
    } else {
        x[threadIdx.x] = 2;
        __syncthreads();  // here
    }
}

// half_a_warp: sixteen lanes shuffle with a mask of thirty-two
__global__ void half_a_warp(float* x) {
    float v = x[threadIdx.x];
    if (threadIdx.x < 16) v += __shfl_down_sync(0xffffffff, v, 8);  // here
    __syncthreads();
    x[threadIdx.x] = v;
}

// not_in_its_mask: lanes shuffle with a mask that leaves them out
__global__ void not_in_its_mask(float* x) {
    float v = x[threadIdx.x];
    x[threadIdx.x] = v + __shfl_xor_sync(0x0000ffff, v, 1);  // here
}

// missing_barrier: a block is reversed, and nobody waits until all have stored
__global__ void missing_barrier(float* x, int n) {
    __shared__ float s[128];
    s[threadIdx.x] = x[threadIdx.x];
    x[threadIdx.x] = s[n - 1 - threadIdx.x];  // here
}

// late_barrier: right if the threads run in order, and only then
__global__ void late_barrier(const float* x, float* y) {
    __shared__ float total;
    if (threadIdx.x == 0) total = x[0];  // here
    y[threadIdx.x] = total + x[threadIdx.x];  // here
    __syncthreads();
}

// sum_without_barriers: no barrier between the steps of a tree
__global__ void sum_without_barriers(const float* x, float* y) {
    __shared__ float s[128];
    int t = threadIdx.x;
    s[t] = x[t];
    __syncthreads();
    for (int half = 64; half > 0; half /= 2) {
        if (t < half) s[t] += s[t + half];  // here
    }
    __syncthreads();
    if (t == 0) y[0] = s[0];
}

// reused_too_early: shared memory is written again while others still read
__global__ void reused_too_early(const float* x, float* y) {
    __shared__ float s[128];
    int t = threadIdx.x;
    for (int round = 0; round < 3; round++) {
        s[t] = x[t] * (round + 1);  // here
        __syncthreads();
        y[round * 128 + t] = s[(t + 1) % 128];  // here
    }
}

// missing_syncwarp: lanes of a warp exchange through shared memory
__global__ void missing_syncwarp(const float* x, float* y) {
    __shared__ float s[32];
    s[threadIdx.x] = x[threadIdx.x];
    y[threadIdx.x] = s[31 - threadIdx.x];  // here
    __syncwarp();
}

// syncwarp_across_warps: __syncwarp orders one warp, not two
__global__ void syncwarp_across_warps(const float* x, float* y) {
    __shared__ float s[64];
    s[threadIdx.x] = x[threadIdx.x];
    __syncwarp();
    y[threadIdx.x] = s[63 - threadIdx.x];  // here
}
