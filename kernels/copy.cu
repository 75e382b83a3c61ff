// Copies: between any strides, of transposed matrices, of one value.  Bytes are moved, not numbers: T is any type of the
// right size (char, short, int, double, float4 for 1, 2, 4, 8 and 16 bytes).
#include <cuda_runtime.h>

#include "layout.cuh"
#include "vector.cuh"

// ---- between any strides --------------------------------------------------------------------------------------------

// copy, rung 1: one thread copies one element
// What: the thread's number is taken apart into one index a dimension, by division and remainder
// Why: nothing to change yet
// Gain: the reference; the divisions cost more than the copying
// T: char short int double float4
template <class T>
__global__ void copy_elementwise(T* to, const T* from, Layout at, long long n) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) to[offset_of(at, 0, i, at.dims)] = from[offset_of(at, 1, i, at.dims)];
}

// copy, rung 2: a block copies rows
// What: indices are taken apart once a row; within it, a step is an addition of a stride
// Why: the last dimension has nearly all the elements, so nearly no division is left
// Gain: a factor of 2 to 5; on a CPU, where the loop over a row is vectorised, more
// Host: yes
// T: char short int double float4
template <class T>
__global__ void copy_rows(T* to, const T* from, Layout at, long long rows, long long rows_a_block, long long piece) {
    const Rows own = rows_of_block(at, rows, rows_a_block, piece);
    const long long to_step = step_of(at, 0), from_step = step_of(at, 1);
    const unsigned step = blockDim.x;
    for (long long row = own.first; row < own.last; row++) {
        T* t = to + offset_of(at, 0, row, at.dims - 1);
        const T* f = from + offset_of(at, 1, row, at.dims - 1);
        if (to_step == 1 && from_step == 1) {
#pragma omp simd
            for (long long i = own.start + threadIdx.x; i < own.end; i += step) t[i] = f[i];
        } else {
            for (long long i = own.start + threadIdx.x; i < own.end; i += step) t[i * to_step] = f[i * from_step];
        }
    }
}

// copy, rung 3: 16 bytes a load and a store
// What: where both rows are contiguous and aligned, a thread moves 16 bytes at once
// Why: a quarter of the memory instructions for 4-byte elements, a sixteenth for bytes
// Gain: up to a factor of 2 for small elements; the bandwidth of the memory is the bound
// T: char short int double float4
template <class T>
__global__ void copy_vectorised(T* to, const T* from, Layout at, long long rows, long long rows_a_block,
                                long long piece) {
    const Rows own = rows_of_block(at, rows, rows_a_block, piece);
    const long long to_step = step_of(at, 0), from_step = step_of(at, 1);
    constexpr int N = Vector<T>::size;
    for (long long row = own.first; row < own.last; row++) {
        T* t = to + offset_of(at, 0, row, at.dims - 1);
        const T* f = from + offset_of(at, 1, row, at.dims - 1);
        long long whole = own.start;
        if (to_step == 1 && from_step == 1 && aligned(t + own.start) && aligned(f + own.start))
            whole = own.start + (own.end - own.start) / N * N;
        for (long long i = own.start + threadIdx.x * N; i < whole; i += blockDim.x * N)
            store_vector(t + i, load_vector(f + i));
        for (long long i = whole + threadIdx.x; i < own.end; i += blockDim.x) t[i * to_step] = f[i * from_step];
    }
}

// ---- transposed matrices --------------------------------------------------------------------------------------------

// The tile of a block: tiles along a row of tiles, rows of tiles, matrices.  All along the grid's first axis, for the others
// end at 65535 blocks: two million rows.
struct Tile {
    size_t matrix;
    int row0, col0;
};

__device__ inline Tile tile_of(unsigned block, int rows, int cols) {
    const unsigned across = (cols + 31) / 32, down = (rows + 31) / 32;
    return {(size_t)(block / across / down) * rows * cols, int(block / across % down * 32), int(block % across * 32)};
}

// transpose, rung 1: a block copies a tile of 32 x 32 elements, as the formula reads
// What: y[c][r] = x[r][c] for matrices one behind the other; a block does one tile of one of them
// Why: nothing to change yet
// Gain: the reference; reads run along rows, but neighbouring threads write `rows` elements apart, so of the 32 bytes that a
//   GPU writes at once only one element is wanted. On a CPU the tile stays in the cache, which mends it.
// Host: yes
// T: char short int double float4
template <class T>
__global__ void transpose_tile(const T* __restrict__ x, T* __restrict__ y, int rows, int cols) {
    const Tile at = tile_of(blockIdx.x, rows, cols);
    const size_t matrix = at.matrix;
    const int row0 = at.row0, col0 = at.col0;
    const int row1 = row0 + 32 < rows ? row0 + 32 : rows, col1 = col0 + 32 < cols ? col0 + 32 : cols;
    for (int c = col0 + threadIdx.x; c < col1; c += blockDim.x)
        for (int r = row0 + threadIdx.y; r < row1; r += blockDim.y)
            y[matrix + (size_t)c * rows + r] = x[matrix + (size_t)r * cols + c];
}

// transpose, rung 2: through shared memory
// What: the tile is read along rows into shared memory, and written along its columns, which are rows of the result
// Why: both global accesses are now of neighbouring addresses
// Gain: a factor of 3 to 4 on a GPU
// T: char short int double float4
template <class T>
__global__ void transpose_shared(const T* __restrict__ x, T* __restrict__ y, int rows, int cols) {
    __shared__ T tile[32][32];
    const Tile at = tile_of(blockIdx.x, rows, cols);
    const size_t matrix = at.matrix;
    const int row0 = at.row0, col0 = at.col0, lane = threadIdx.x;
    for (int k = threadIdx.y; k < 32; k += blockDim.y)
        if (row0 + k < rows && col0 + lane < cols) tile[k][lane] = x[matrix + (size_t)(row0 + k) * cols + col0 + lane];
    __syncthreads();
    for (int k = threadIdx.y; k < 32; k += blockDim.y)
        if (col0 + k < cols && row0 + lane < rows) y[matrix + (size_t)(col0 + k) * rows + row0 + lane] = tile[lane][k];
}

// transpose, rung 3: no bank conflicts
// What: a row of the tile has one element more than is used
// Why: shared memory has 32 banks, one 4-byte word wide. The 32 elements of a column of a 32-wide tile lie in one bank and
//   are read one after the other; 33 apart they lie in 32 banks and are read at once.
// Gain: 10 to 50 percent
// T: char short int double float4
template <class T>
__global__ void transpose_padded(const T* __restrict__ x, T* __restrict__ y, int rows, int cols) {
    __shared__ T tile[32][33];
    const Tile at = tile_of(blockIdx.x, rows, cols);
    const size_t matrix = at.matrix;
    const int row0 = at.row0, col0 = at.col0, lane = threadIdx.x;
    for (int k = threadIdx.y; k < 32; k += blockDim.y)
        if (row0 + k < rows && col0 + lane < cols) tile[k][lane] = x[matrix + (size_t)(row0 + k) * cols + col0 + lane];
    __syncthreads();
    for (int k = threadIdx.y; k < 32; k += blockDim.y)
        if (col0 + k < cols && row0 + lane < rows) y[matrix + (size_t)(col0 + k) * rows + row0 + lane] = tile[lane][k];
}

// ---- one value ------------------------------------------------------------------------------------------------------

// fill, rung 1: one thread fills one element
// What: y[i] = value[0]; the value is an array of one element, so that it has the type of y
// Why: nothing to change yet
// Gain: the reference
// T: char short int double float4
template <class T> __global__ void fill_elementwise(T* y, const T* value, long long n) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = value[0];
}

// fill, rung 2: a block fills a chunk, 16 bytes a store
// What: what stands before the first and behind the last multiple of 16 bytes is stored by elements
// Why: a store instruction moves 16 bytes
// Gain: up to a factor of 4 for small elements
// Host: yes
// T: char short int double float4
template <class T> __global__ void fill_vectorised(T* y, const T* value, long long n, long long chunk) {
    constexpr int N = Vector<T>::size;
    const long long start = blockIdx.x * chunk, end = start + chunk < n ? start + chunk : n;
    const T one = value[0];
    Vector<T> many;
    for (int k = 0; k < N; k++) many.at[k] = one;
    long long first = start + (16 - (size_t)(y + start) % 16) % 16 / sizeof(T);
    first = first < end ? first : end;
    const long long whole = first + (end - first) / N * N;
    for (long long i = start + threadIdx.x; i < first; i += blockDim.x) y[i] = one;
    for (long long i = first + threadIdx.x * N; i < whole; i += blockDim.x * N) store_vector(y + i, many);
    for (long long i = whole + threadIdx.x; i < end; i += blockDim.x) y[i] = one;
}
