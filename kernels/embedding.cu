// Embedding: rows of a table (V, D), looked up by number: out[i] = weight[indices[i]], and the gradient of the table.
#include "numeric.cuh"

// embedding, rung 1: one thread, one element
// What: the element's index is taken apart into row and column
// Why: nothing to change yet
// Gain: the reference; every thread divides, and reads the row number again
// T: float double __half __nv_bfloat16
template <class T>
__global__ void embedding_element(
    const T* __restrict__ weight, const long long* __restrict__ indices, T* __restrict__ out, long long count,
    int width) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i < count * width) out[i] = weight[indices[i / width] * width + i % width];
}

// embedding, rung 2: threads walk along rows
// What: a block owns neighbouring rows, threadIdx.y says which, threadIdx.x walks along it
// Why: the row number is read once a row, and no thread divides
// Gain: bound by memory; on a CPU a row is one contiguous copy
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void embedding_row(
    const T* __restrict__ weight, const long long* __restrict__ indices, T* __restrict__ out, long long count,
    int width) {
    long long rows = (count + gridDim.x - 1) / gridDim.x, first = blockIdx.x * rows;
    long long end = first + rows < count ? first + rows : count;
    for (long long row = first + threadIdx.y; row < end; row += blockDim.y) {
        const T* from = weight + indices[row] * width;
        for (int column = threadIdx.x; column < width; column += blockDim.x) out[row * width + column] = from[column];
    }
}

// embedding_gradient, rung 1: one thread adds one element to its row of the table
// What: an atomic addition, because a word may occur many times; the row `padding` gets nothing
// Why: nothing to change yet
// Gain: the reference; a frequent word makes its atomics wait for each other, and sums differ from run to run
// T: float double
template <class T>
__global__ void embedding_gradient_atomic(
    const T* __restrict__ grad, const long long* __restrict__ indices, const T* __restrict__ scale, T* dweight,
    long long count, int width, long long padding) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= count * width) return;
    long long row = indices[i / width];
    T factor = scale ? scale[row] : (T)1;
    if (row != padding) atomicAdd(&dweight[row * width + i % width], grad[i] * factor);
}

// embedding_gradient, rung 2: the occurrences are sorted first; a block owns the rows of a part of the table
// What: `order` lists the occurrences by row, `starts[row]` says where those of a row begin; a row sums its own
// Why: nobody else writes there: no atomics, nothing to clear, and the same order of additions every time
// Gain: each gradient is read once and each row written once, for the price of a sort of the indices
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void embedding_gradient_sorted(
    const T* __restrict__ grad, const long long* __restrict__ order, const long long* __restrict__ starts,
    const wide_t<T>* __restrict__ scale, T* __restrict__ dweight, int table, int width, long long padding) {
    using W = wide_t<T>;
    constexpr int CHUNK = 16;  // columns that a thread sums at once, BLOCK apart
    for (int row = blockIdx.x * blockDim.y + threadIdx.y; row < table; row += gridDim.x * blockDim.y) {
        long long first = starts[row], end = row == padding ? first : starts[row + 1];
        W factor = scale ? scale[row] : W(1);
        for (int begin = threadIdx.x; begin < width; begin += CHUNK * blockDim.x) {
            W sum[CHUNK] = {};
            for (long long i = first; i < end; i++) {
                const T* from = grad + order[i] * width;
                for (int j = 0; j < CHUNK; j++) {
                    int column = begin + j * blockDim.x;
                    if (column < width) sum[j] += (W)from[column];
                }
            }
            for (int j = 0; j < CHUNK; j++) {
                int column = begin + j * blockDim.x;
                if (column < width) dweight[(long long)row * width + column] = (T)(sum[j] * factor);
            }
        }
    }
}
