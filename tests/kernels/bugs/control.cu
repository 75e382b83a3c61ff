// Planted bugs: where a kernel does not come to its end.

// endless: the condition never becomes false
__global__ void endless(float* x, int n) {
    for (int i = 0; i < n; i += 0) x[0] += 1;  // here
}

// waits_for_a_later_block: blocks may run one after another
__global__ void waits_for_a_later_block(volatile int* flag) {
    if (blockIdx.x == 0) while (flag[0] == 0) {}  // here
    else flag[0] = 1;
}

// divides_by_zero
__global__ void divides_by_zero(int* x, int n) {
    x[threadIdx.x] = 100 / (n - (int)threadIdx.x);  // here
}

// wrong_assumption
__global__ void wrong_assumption(const float* x, int n) {
    assert(x[threadIdx.x] < n);  // here
}

// bottomless: each call needs more stack
__device__ __noinline__ float descend(float x, int depth) {
    float here[64];
    for (int i = 0; i < 64; i++) here[i] = x + i;
    return depth ? descend(here[depth % 64], depth - 1) + here[63] : x;
}
__global__ void bottomless(float* x, int depth) {
    __syncthreads();
    x[threadIdx.x] = descend(1, depth);
}
