// C = A @ B by tensor cores: units that multiply whole 16 x 16 matrices of half precision and add them up in float.
//
// A warp works as one: a `fragment` is a matrix that lies spread over its 32 threads, and only the library's functions
// know how. Operands pass through shared memory, where their strides and their odd ends disappear.
#include "matrices.cuh"
#include "numeric.cuh"
#include <mma.h>

// matmul, rung 4: tensor cores
// What: a block of 4 warps makes 64 x 64 of C; a warp 32 x 32, as 2 x 2 fragments that stay in registers
// Why: one instruction of a warp does 4096 multiplications and additions, where rung 3 needs 128 instructions
// Gain: some 8 times the arithmetic of rung 3 for half-precision inputs; bound by memory again
// Needs: sm_80
// T: __half __nv_bfloat16
template <class T>
__global__ void __launch_bounds__(128) matmul_tensor_core(
    const T* __restrict__ a, const T* __restrict__ b, T* __restrict__ c, int batches, int M, int N, int K, Matrices sa,
    Matrices sb) {
    using namespace nvcuda;
    constexpr int TILE = 64, STEP = 32, PAD = 8;  // PAD: rows start at other banks
    __shared__ __align__(32) T a_tile[TILE][STEP + PAD];
    __shared__ __align__(32) T b_tile[STEP][TILE + PAD];
    __shared__ __align__(32) float c_tile[TILE][TILE + PAD];
    int thread = threadIdx.x, warp = thread / 32, warp_row = warp / 2 * 32, warp_column = warp % 2 * 32;
    int row0 = blockIdx.y * TILE, column0 = blockIdx.x * TILE;
    bool a_along_k = sa.column_stride == 1, b_along_n = sb.column_stride == 1;
    for (int batch = blockIdx.z; batch < batches; batch += gridDim.z) {
        const T* left = a + batch * sa.batch_stride;
        const T* right = b + batch * sb.batch_stride;
        wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum[2][2];
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++) wmma::fill_fragment(sum[i][j], 0.0f);
        for (int k = 0; k < K; k += STEP) {
            for (int i = thread; i < TILE * STEP; i += 128) {
                int y = a_along_k ? i / STEP : i % TILE, x = a_along_k ? i % STEP : i / TILE;
                bool inside = row0 + y < M && k + x < K;
                a_tile[y][x] = inside ? left[(row0 + y) * sa.row_stride + (k + x) * sa.column_stride] : (T)0.0f;
            }
            for (int i = thread; i < TILE * STEP; i += 128) {
                int y = b_along_n ? i / TILE : i % STEP, x = b_along_n ? i % TILE : i / STEP;
                bool inside = k + y < K && column0 + x < N;
                b_tile[y][x] = inside ? right[(k + y) * sb.row_stride + (column0 + x) * sb.column_stride] : (T)0.0f;
            }
            __syncthreads();
            #pragma unroll
            for (int inner = 0; inner < STEP; inner += 16) {
                wmma::fragment<wmma::matrix_a, 16, 16, 16, T, wmma::row_major> l[2];
                wmma::fragment<wmma::matrix_b, 16, 16, 16, T, wmma::row_major> r[2];
                for (int i = 0; i < 2; i++) {
                    wmma::load_matrix_sync(l[i], &a_tile[warp_row + 16 * i][inner], STEP + PAD);
                    wmma::load_matrix_sync(r[i], &b_tile[inner][warp_column + 16 * i], TILE + PAD);
                }
                for (int i = 0; i < 2; i++)
                    for (int j = 0; j < 2; j++) wmma::mma_sync(sum[i][j], l[i], r[j], sum[i][j]);
            }
            __syncthreads();
        }
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++) {
                float* corner = &c_tile[warp_row + 16 * i][warp_column + 16 * j];
                wmma::store_matrix_sync(corner, sum[i][j], TILE + PAD, wmma::mem_row_major);
            }
        __syncthreads();
        for (int i = thread; i < TILE * TILE; i += 128) {
            int row = row0 + i / TILE, column = column0 + i % TILE;
            if (row < M && column < N) c[((long long)batch * M + row) * N + column] = (T)c_tile[i / TILE][i % TILE];
        }
        __syncthreads();
    }
}
