// C = A @ B for a batch of matrices: A (M, K), B (K, N), C (M, N) contiguous.
//
// Operands are read through strides, counted in elements: a transposed matrix is one whose two strides are exchanged,
// and a single matrix that serves the whole batch has the batch stride 0. Nothing is copied for either.
//
// Each rung reuses what it read more often. The naive product reads 2 numbers for 2 operations; a T x T tile in shared
// memory serves T rows and T columns, so T times fewer come from memory; an 8 x 8 tile in registers asks shared memory
// for 16 numbers and does 128 operations with them. A GPU can do some 10 to 100 operations in the time of one load from
// each of these places, and that is what decides.
#include "matrices.cuh"
#include "numeric.cuh"

// matmul, rung 1: one thread computes one element, as the formula reads
// What: the sum over k of a row of A times a column of B
// Why: nothing to change yet
// Gain: the reference; every element of A is read N times and every element of B M times
// T: float double __half __nv_bfloat16
template <class T>
__global__ void matmul_naive(
    const T* __restrict__ a, const T* __restrict__ b, T* __restrict__ c, int batches, int M, int N, int K, Matrices sa,
    Matrices sb) {
    int row = blockIdx.y * blockDim.y + threadIdx.y, column = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= M || column >= N) return;
    for (int batch = blockIdx.z; batch < batches; batch += gridDim.z) {
        const T* left = a + batch * sa.batch_stride + row * sa.row_stride;
        const T* right = b + batch * sb.batch_stride + column * sb.column_stride;
        wide_t<T> sum = 0;
        for (int k = 0; k < K; k++)
            sum += (wide_t<T>)left[k * sa.column_stride] * (wide_t<T>)right[k * sb.row_stride];
        c[((long long)batch * M + row) * N + column] = (T)sum;
    }
}

// matmul, rung 2: square tiles of both operands in shared memory
// What: a block of TILE x TILE threads loads a tile of A and one of B together, then each thread multiplies from there
// Why: an element that was loaded serves the TILE threads of its row or column
// Gain: a TILE-th of the traffic to memory; what is left is two reads of shared memory for every multiplication
// T: float double __half __nv_bfloat16
template <class T>
__global__ void matmul_tiled(
    const T* __restrict__ a, const T* __restrict__ b, T* __restrict__ c, int batches, int M, int N, int K, Matrices sa,
    Matrices sb) {
    constexpr int TILE = 16;
    using W = wide_t<T>;
    __shared__ W a_tile[TILE][TILE + 1], b_tile[TILE][TILE + 1];  // + 1: a column touches all banks
    int y = threadIdx.y, x = threadIdx.x, row = blockIdx.y * TILE + y, column = blockIdx.x * TILE + x;
    for (int batch = blockIdx.z; batch < batches; batch += gridDim.z) {
        const T* left = a + batch * sa.batch_stride;
        const T* right = b + batch * sb.batch_stride;
        W sum = 0;
        for (int k = 0; k < K; k += TILE) {
            bool left_inside = row < M && k + x < K, right_inside = k + y < K && column < N;
            a_tile[y][x] = left_inside ? (W)left[row * sa.row_stride + (k + x) * sa.column_stride] : W(0);
            b_tile[y][x] = right_inside ? (W)right[(k + y) * sb.row_stride + column * sb.column_stride] : W(0);
            __syncthreads();
            #pragma unroll
            for (int i = 0; i < TILE; i++) sum += a_tile[y][i] * b_tile[i][x];
            __syncthreads();
        }
        if (row < M && column < N) c[((long long)batch * M + row) * N + column] = (T)sum;
    }
}

// Four neighbours that are loaded in one instruction.
template <class T> struct __align__(4 * sizeof(T)) Four {
    T value[4];
};

// A tile of OUTER x INNER elements of an operand into shared memory, the inner index first, by 256 threads. `strides`:
// of the outer and the inner index. Neighbouring threads follow whichever is contiguous, four elements at a time where
// `vector` says that addresses allow it.
template <int OUTER, int INNER, class T, class W>
__device__ __forceinline__ void load_tile(
    const T* __restrict__ from, W (*tile)[OUTER], long long outer_stride, long long inner_stride, int outer, int inner,
    int outers, int inners, bool vector) {
    bool along_inner = inner_stride == 1;
    constexpr int FOURS = OUTER * INNER / 4;
    for (int i = threadIdx.x; i < FOURS; i += 256) {
        int o = along_inner ? i / (INNER / 4) : i % (OUTER / 4) * 4;
        int k = along_inner ? i % (INNER / 4) * 4 : i / (OUTER / 4);
        const T* at = from + (outer + o) * outer_stride + (inner + k) * inner_stride;
        bool whole = along_inner ? outer + o < outers && inner + k + 4 <= inners
                                 : outer + o + 4 <= outers && inner + k < inners;
        Four<T> four;
        if (vector && whole) {
            four = *(const Four<T>*)at;
        } else {
            #pragma unroll
            for (int j = 0; j < 4; j++) {
                int oj = along_inner ? 0 : j, kj = along_inner ? j : 0;
                bool inside = outer + o + oj < outers && inner + k + kj < inners;
                four.value[j] = inside ? at[oj * outer_stride + kj * inner_stride] : (T)0.0f;
            }
        }
        #pragma unroll
        for (int j = 0; j < 4; j++) tile[along_inner ? k + j : k][along_inner ? o : o + j] = (W)four.value[j];
    }
}

// matmul, rung 3: each of 256 threads keeps 8 x 8 results in registers
// What: a block makes 128 x 128 of C from 8 values of k at a time; loads take four elements in one instruction
// Why: 16 numbers from shared memory now feed 64 multiplications, where two fed one
// Gain: an eighth of the shared memory traffic; bound by arithmetic. `vector_a`, `vector_b`: aligned and contiguous
// T: float double __half __nv_bfloat16
template <class T>
__global__ void __launch_bounds__(256) matmul_register_blocked(
    const T* __restrict__ a, const T* __restrict__ b, T* __restrict__ c, int batches, int M, int N, int K, Matrices sa,
    Matrices sb, bool vector_a, bool vector_b) {
    constexpr int TILE = 128, STEP = 8, HALF = TILE / 2;
    using W = wide_t<T>;
    __shared__ __align__(16) W a_tile[STEP][TILE], b_tile[STEP][TILE];
    // A thread's 8 rows are two runs of 4, HALF apart, and so are its columns: then the threads of a warp read
    // neighbouring fours of a tile's row, without bank conflicts.
    int y = threadIdx.x / 16 * 4, x = threadIdx.x % 16 * 4, row0 = blockIdx.y * TILE, column0 = blockIdx.x * TILE;
    for (int batch = blockIdx.z; batch < batches; batch += gridDim.z) {
        const T* left = a + batch * sa.batch_stride;
        const T* right = b + batch * sb.batch_stride;
        W sum[8][8] = {};
        for (int k = 0; k < K; k += STEP) {
            load_tile<TILE, STEP>(left, a_tile, sa.row_stride, sa.column_stride, row0, k, M, K, vector_a);
            load_tile<TILE, STEP>(right, b_tile, sb.column_stride, sb.row_stride, column0, k, N, K, vector_b);
            __syncthreads();
            #pragma unroll
            for (int i = 0; i < STEP; i++) {
                W l[8], r[8];
                #pragma unroll
                for (int j = 0; j < 8; j++) {
                    l[j] = a_tile[i][y + j % 4 + j / 4 * HALF];
                    r[j] = b_tile[i][x + j % 4 + j / 4 * HALF];
                }
                #pragma unroll
                for (int m = 0; m < 8; m++)
                    #pragma unroll
                    for (int n = 0; n < 8; n++) sum[m][n] += l[m] * r[n];
            }
            __syncthreads();
        }
        #pragma unroll
        for (int m = 0; m < 8; m++)
            #pragma unroll
            for (int n = 0; n < 8; n++) {
                int row = row0 + y + m % 4 + m / 4 * HALF, column = column0 + x + n % 4 + n / 4 * HALF;
                if (row < M && column < N) c[((long long)batch * M + row) * N + column] = (T)sum[m][n];
            }
    }
}
