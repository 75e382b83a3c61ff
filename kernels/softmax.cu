// Softmax over the rows of a (rows, cols) matrix: y[r][c] = exp(x[r][c] - max_r) / sum_r.
#include "numeric.cuh"

// softmax, rung 1: one thread computes one row, as the formula reads
// What: three passes over the row: its maximum, the sum of exponentials, the quotients
// Why: nothing to change yet
// Gain: the reference; on a GPU neighbouring threads read addresses a whole row apart
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void softmax_row_per_thread(const T* __restrict__ x, T* __restrict__ y, int rows, int cols) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    using W = wide_t<T>;
    const T* xr = x + (size_t)row * cols;
    T* yr = y + (size_t)row * cols;
    W largest = -infinity<W>(), sum = 0;
    for (int c = 0; c < cols; c++) largest = fmax(largest, (W)xr[c]);
    for (int c = 0; c < cols; c++) sum += exp((W)xr[c] - largest);
    for (int c = 0; c < cols; c++) yr[c] = (T)(exp((W)xr[c] - largest) / sum);
}
