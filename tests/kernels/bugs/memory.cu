// Planted bugs: addresses.
#include <cuda_fp16.h>

// one_too_many: <= where < is meant
__global__ void one_too_many(float* x, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i <= n) x[i] = 1;  // here
}

// one_before: index -1
__global__ void one_before(const float* x, float* y) {
    y[threadIdx.x] = x[threadIdx.x] - x[(int)threadIdx.x - 1];  // here
}

// half_too_many: the load is inside the conversion of a half
__global__ void half_too_many(const __half* x, float* y) {
    y[threadIdx.x] = (float)x[threadIdx.x + 1];  // here
}

// table_too_short: the array behind a table of arrays
__global__ void table_too_short(float* const* xs, int n) {
    for (int i = 0; i <= n; i++) xs[blockIdx.x][i] = 2;  // here
}

// shared_too_short: the index of a shared array
__global__ void shared_too_short(float* x) {
    __shared__ float s[64];
    s[threadIdx.x + 1] = x[threadIdx.x];  // here
    __syncthreads();
    x[threadIdx.x] = s[threadIdx.x];
}

// dynamic_too_short: more dynamic shared memory than the launch gave
__global__ void dynamic_too_short(float* x) {
    extern __shared__ float s[];
    s[threadIdx.x + 8] = x[threadIdx.x];  // here
    __syncthreads();
    x[threadIdx.x] = s[threadIdx.x];
}

// writes_const: through a cast
__global__ void writes_const(const float* x, float* y) {
    ((float*)x)[threadIdx.x] = y[threadIdx.x];  // here
}

// never_set: shared memory is not zero when a block begins
__global__ void never_set(float* y) {
    __shared__ float total;
    if (threadIdx.x == 0) total += 1.0f;  // here
    __syncthreads();
    y[threadIdx.x] = total;
}

// never_set_dynamic: only half of it is written
__global__ void never_set_dynamic(float* y) {
    extern __shared__ float s[];
    if (threadIdx.x % 2 == 0) s[threadIdx.x] = 1;
    __syncthreads();
    y[threadIdx.x] = s[threadIdx.x];  // here
}

// null: no array was passed
__global__ void null(const float* x, float* y) {
    y[threadIdx.x] = x[threadIdx.x];  // here
}

// misaligned: a float4 at an address that is no multiple of 16
__global__ void misaligned(const float* x, float* y) {
    float4 v = *(const float4*)(x + 1);  // here
    y[threadIdx.x] = v.x;
}
