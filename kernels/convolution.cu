// Convolution of (N, C, H, W) with (Co, C/G, Kh, Kw), two ways: by columns, and as a product that never writes them.
//
//     out     (Co, N*L)   =  weight (Co, C*K)  @  columns (C*K, N*L)      L positions, K taps
//     dcolumns            =  weight^T          @  dout                    col2im sums dcolumns into dx
//     dweight             =  dout              @  columns^T
//
// im2col lays every window out as a column, K times the input's memory, and leaves the product to a library. An
// implicit GEMM computes the columns' elements from indices when the product loads them into shared memory.
#include "numeric.cuh"
#include "window.cuh"

// im2col, rung 1: one thread, one element of the columns (C, K, N, L)
// What: the index of the element is taken apart into channel, tap, image and position
// Why: nothing to change yet
// Gain: the reference; five integer divisions for one number moved
// T: float double __half __nv_bfloat16
template <class T>
__global__ void im2col_element(const T* __restrict__ x, T* __restrict__ columns, int images, int channels, Window w) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= (long long)channels * w.taps() * images * w.positions()) return;
    int ox = i % w.out_x, oy = i / w.out_x % w.out_y;
    long long rest = i / w.positions();
    int n = rest % images, tap = rest / images % w.taps(), c = rest / images / w.taps();
    int y = oy * w.stride_y + tap / w.kernel_x * w.dilation_y - w.padding_y;
    int x0 = ox * w.stride_x + tap % w.kernel_x * w.dilation_x - w.padding_x;
    bool inside = y >= 0 && y < w.height && x0 >= 0 && x0 < w.width;
    columns[i] = inside ? x[((long long)n * channels + c) * w.pixels() + y * w.width + x0] : (T)0.0f;
}

// im2col, rung 2: a block owns one tap of one image plane
// What: channel and tap come from the block's index; threads walk over rows and columns of the positions
// Why: no division for an element, and the bounds of a row are known before it is copied
// Gain: bound by writing the columns; at stride 1 a row is one contiguous copy, which a CPU does with vectors
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void im2col_plane(const T* __restrict__ x, T* __restrict__ columns, int images, int channels, Window w) {
    int c = blockIdx.x / w.taps(), tap = blockIdx.x % w.taps();
    int ky = tap / w.kernel_x, kx = tap % w.kernel_x;
    int first = first_inside(kx, w.stride_x, w.padding_x, w.dilation_x);
    int end = end_inside(kx, w.width, w.stride_x, w.padding_x, w.dilation_x, w.out_x);
    int out_x = w.out_x, stride_x = w.stride_x, from = kx * w.dilation_x - w.padding_x;
    for (int n = blockIdx.y; n < images; n += gridDim.y) {
        const T* plane = x + ((long long)n * channels + c) * w.pixels();
        T* column = columns + ((long long)blockIdx.x * images + n) * w.positions();
        for (int oy = threadIdx.y; oy < w.out_y; oy += blockDim.y) {
            int y = oy * w.stride_y + ky * w.dilation_y - w.padding_y;
            bool inside = y >= 0 && y < w.height && first < end;
            int begin = inside ? first : out_x, stop = inside ? end : out_x;
            const T* row = plane + (long long)y * w.width + from;
            T* out = column + oy * out_x;
            for (int ox = threadIdx.x; ox < begin; ox += blockDim.x) out[ox] = (T)0.0f;
            if (stride_x == 1) {
                for (int ox = begin + threadIdx.x; ox < stop; ox += blockDim.x) out[ox] = row[ox];
            } else {
                for (int ox = begin + threadIdx.x; ox < stop; ox += blockDim.x) out[ox] = row[ox * stride_x];
            }
            for (int ox = stop + threadIdx.x; ox < out_x; ox += blockDim.x) out[ox] = (T)0.0f;
        }
    }
}

// col2im, rung 1: one thread adds one element of the columns to its pixel
// What: im2col backwards, with an atomic addition because windows overlap
// Why: nothing to change yet
// Gain: the reference; K atomic additions a pixel, in an order that differs from run to run, into zeroed memory
// T: float double
template <class T>
__global__ void col2im_atomic(const T* __restrict__ columns, T* image, int images, int channels, Window w) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= (long long)channels * w.taps() * images * w.positions()) return;
    int ox = i % w.out_x, oy = i / w.out_x % w.out_y;
    long long rest = i / w.positions();
    int n = rest % images, tap = rest / images % w.taps(), c = rest / images / w.taps();
    int y = oy * w.stride_y + tap / w.kernel_x * w.dilation_y - w.padding_y;
    int x = ox * w.stride_x + tap % w.kernel_x * w.dilation_x - w.padding_x;
    if (y >= 0 && y < w.height && x >= 0 && x < w.width)
        atomicAdd(&image[((long long)n * channels + c) * w.pixels() + y * w.width + x], columns[i]);
}

// col2im, rung 2: one thread owns one image plane
// What: it clears the plane and adds one tap after another, row by row
// Why: nobody else writes there, so additions are plain, and always in the same order
// Gain: on a CPU everything, rows are added with vectors; on a GPU too few threads, far apart
// Host: yes
// T: float double
template <class T>
__global__ void col2im_plane(
    const T* __restrict__ columns, T* __restrict__ image, int images, int channels, Window w) {
    long long plane = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (plane >= (long long)images * channels) return;
    long long n = plane / channels, c = plane % channels;
    T* pixels = image + plane * w.pixels();
    for (int i = 0; i < w.pixels(); i++) pixels[i] = 0;
    for (int tap = 0; tap < w.taps(); tap++) {
        int ky = tap / w.kernel_x, kx = tap % w.kernel_x;
        const T* column = columns + ((c * w.taps() + tap) * images + n) * w.positions();
        int first = first_inside(kx, w.stride_x, w.padding_x, w.dilation_x);
        int end = end_inside(kx, w.width, w.stride_x, w.padding_x, w.dilation_x, w.out_x);
        int stride_x = w.stride_x;
        for (int oy = 0; oy < w.out_y; oy++) {
            int y = oy * w.stride_y + ky * w.dilation_y - w.padding_y;
            if (y < 0 || y >= w.height) continue;
            T* row = pixels + y * w.width + kx * w.dilation_x - w.padding_x;
            const T* from = column + oy * w.out_x;
            if (stride_x == 1) {
                for (int ox = first; ox < end; ox++) row[ox] += from[ox];
            } else {
                for (int ox = first; ox < end; ox++) row[ox * stride_x] += from[ox];
            }
        }
    }
}

// col2im, rung 3: one thread gathers one pixel
// What: a pixel asks every tap which position would have read it, and sums those that exist
// Why: reading is cheap where adding to shared memory cells is not
// Gain: every element is read once and every pixel written once; no atomics, nothing to clear, the same sum every time
// T: float double
template <class T>
__global__ void col2im_gather(
    const T* __restrict__ columns, T* __restrict__ image, int images, int channels, Window w) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= (long long)images * channels * w.pixels()) return;
    int x = i % w.width, y = i / w.width % w.height;
    long long plane = i / w.pixels(), n = plane / channels, c = plane % channels;
    const T* column = columns + (c * w.taps() * images + n) * w.positions();
    T sum = 0;
    for (int ky = 0; ky < w.kernel_y; ky++) {
        int oy = y + w.padding_y - ky * w.dilation_y;
        if (oy < 0 || oy % w.stride_y || oy / w.stride_y >= w.out_y) continue;
        for (int kx = 0; kx < w.kernel_x; kx++) {
            int ox = x + w.padding_x - kx * w.dilation_x;
            if (ox < 0 || ox % w.stride_x || ox / w.stride_x >= w.out_x) continue;
            long long tap = ky * w.kernel_x + kx;
            sum += column[tap * images * w.positions() + oy / w.stride_y * w.out_x + ox / w.stride_x];
        }
    }
    image[i] = sum;
}

// conv2d, rung 1: one thread, one output, as the formula reads
// What: the sum over channels and taps of weight times pixel
// Why: nothing to change yet
// Gain: the reference; every pixel is read from memory once for every output channel and tap
// T: float double __half __nv_bfloat16
template <class T>
__global__ void conv2d_direct(
    const T* __restrict__ x, const T* __restrict__ weight, T* __restrict__ out, Channels ch, Window w) {
    int all_outputs = ch.groups * ch.outputs;
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= (long long)ch.images * all_outputs * w.positions()) return;
    int ox = i % w.out_x, oy = i / w.out_x % w.out_y;
    int co = i / w.positions() % all_outputs;
    long long n = i / w.positions() / all_outputs;
    const T* planes = x + (n * ch.groups + co / ch.outputs) * ch.inputs * w.pixels();
    const T* taps = weight + (long long)co * ch.inputs * w.taps();
    wide_t<T> sum = 0;
    for (int c = 0; c < ch.inputs; c++)
        for (int ky = 0; ky < w.kernel_y; ky++) {
            int y = oy * w.stride_y + ky * w.dilation_y - w.padding_y;
            if (y < 0 || y >= w.height) continue;
            for (int kx = 0; kx < w.kernel_x; kx++) {
                int x0 = ox * w.stride_x + kx * w.dilation_x - w.padding_x;
                if (x0 < 0 || x0 >= w.width) continue;
                sum += (wide_t<T>)planes[(long long)c * w.pixels() + y * w.width + x0]
                     * (wide_t<T>)taps[(c * w.kernel_y + ky) * w.kernel_x + kx];
            }
        }
    out[i] = (T)sum;
}

// conv2d_input_gradient, rung 1: one thread, one pixel
// What: the sum over output channels and taps of weight times the gradient of the position that read this pixel
// Why: nothing to change yet
// Gain: the reference; no atomics, as each thread owns its pixel
// T: float double __half __nv_bfloat16
template <class T>
__global__ void conv2d_input_gradient_direct(
    const T* __restrict__ grad, const T* __restrict__ weight, T* __restrict__ dx, Channels ch, Window w) {
    int all_inputs = ch.groups * ch.inputs;
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= (long long)ch.images * all_inputs * w.pixels()) return;
    int x = i % w.width, y = i / w.width % w.height;
    int c = i / w.pixels() % all_inputs, group = c / ch.inputs;
    long long n = i / w.pixels() / all_inputs;
    wide_t<T> sum = 0;
    for (int ky = 0; ky < w.kernel_y; ky++) {
        int oy = y + w.padding_y - ky * w.dilation_y;
        if (oy < 0 || oy % w.stride_y || oy / w.stride_y >= w.out_y) continue;
        for (int kx = 0; kx < w.kernel_x; kx++) {
            int ox = x + w.padding_x - kx * w.dilation_x;
            if (ox < 0 || ox % w.stride_x || ox / w.stride_x >= w.out_x) continue;
            int position = oy / w.stride_y * w.out_x + ox / w.stride_x;
            for (int o = 0; o < ch.outputs; o++) {
                long long co = group * ch.outputs + o;
                sum += (wide_t<T>)grad[(n * ch.groups * ch.outputs + co) * w.positions() + position]
                     * (wide_t<T>)weight[(co * ch.inputs + c % ch.inputs) * w.taps() + ky * w.kernel_x + kx];
            }
        }
    }
    dx[i] = (T)sum;
}

// conv2d_weight_gradient, rung 1: one thread, one weight
// What: the sum over images and positions of gradient times the pixel that this tap saw
// Why: nothing to change yet
// Gain: the reference; as few threads as there are weights, each with a long way to go. `slices` is 1 here
// T: float double __half __nv_bfloat16
template <class T>
__global__ void conv2d_weight_gradient_direct(
    const T* __restrict__ grad, const T* __restrict__ x, wide_t<T>* __restrict__ dweight, Channels ch, Window w,
    int slices) {
    int i = blockIdx.x * blockDim.x + threadIdx.x, columns = ch.inputs * w.taps();
    if (i >= ch.groups * ch.outputs * columns) return;
    int co = i / columns, c = i % columns / w.taps(), tap = i % w.taps();
    int first = first_inside(tap % w.kernel_x, w.stride_x, w.padding_x, w.dilation_x);
    int end = end_inside(tap % w.kernel_x, w.width, w.stride_x, w.padding_x, w.dilation_x, w.out_x);
    wide_t<T> sum = 0;
    for (long long n = 0; n < ch.images; n++) {
        const T* plane = x + ((n * ch.groups + co / ch.outputs) * ch.inputs + c) * w.pixels();
        const T* g = grad + (n * ch.groups * ch.outputs + co) * w.positions();
        for (int oy = 0; oy < w.out_y; oy++) {
            int y = oy * w.stride_y + tap / w.kernel_x * w.dilation_y - w.padding_y;
            if (y < 0 || y >= w.height) continue;
            for (int ox = first; ox < end; ox++) {
                int x0 = ox * w.stride_x + tap % w.kernel_x * w.dilation_x - w.padding_x;
                sum += (wide_t<T>)g[oy * w.out_x + ox] * (wide_t<T>)plane[y * w.width + x0];
            }
        }
    }
    dweight[i] = sum;
}

// ---- implicit GEMM --------------------------------------------------------------------------------------------------

// A block of 256 threads makes a TILE x TILE part of A @ B, each thread 4 x 4 of it, from the inner indices [k, k_end).
// `a(m, k)` and `b(k, n)` give elements, zero outside; `store(m, n, value)` takes results. ALONG_K: which index of b
// neighbouring threads count, the one along which its memory is contiguous.
constexpr int TILE = 64, STEP = 16, EACH = 4;

template <class W, bool ALONG_K, class A, class B, class Store>
__device__ __forceinline__ void tile_product(long long k, long long k_end, A a, B b, Store store) {
    __shared__ W a_tile[STEP][TILE + 1];
    __shared__ W b_tile[STEP][TILE + 1];
    int thread = threadIdx.x, row = thread / (TILE / EACH), column = thread % (TILE / EACH);
    W sum[EACH][EACH] = {};
    for (; k < k_end; k += STEP) {
        for (int i = thread; i < STEP * TILE; i += 256) a_tile[i % STEP][i / STEP] = a(i / STEP, k + i % STEP);
        for (int i = thread; i < STEP * TILE; i += 256) {
            int inner = ALONG_K ? i % STEP : i / TILE, n = ALONG_K ? i / STEP : i % TILE;
            b_tile[inner][n] = b(k + inner, n);
        }
        __syncthreads();
        #pragma unroll
        for (int inner = 0; inner < STEP; inner++) {
            W left[EACH], right[EACH];
            #pragma unroll
            for (int i = 0; i < EACH; i++) {
                left[i] = a_tile[inner][row + i * (TILE / EACH)];
                right[i] = b_tile[inner][column + i * (TILE / EACH)];
            }
            #pragma unroll
            for (int i = 0; i < EACH; i++)
                #pragma unroll
                for (int j = 0; j < EACH; j++) sum[i][j] += left[i] * right[j];
        }
        __syncthreads();
    }
    for (int i = 0; i < EACH; i++)
        for (int j = 0; j < EACH; j++) store(row + i * (TILE / EACH), column + j * (TILE / EACH), sum[i][j]);
}

// conv2d, rung 2: implicit GEMM: columns are made inside the product, tile by tile, in shared memory
// What: a block makes 64 output channels at 64 positions, a thread 4 x 4 of them
// Why: a pixel that was loaded serves 64 channels, a weight 64 positions, and no column is ever written to memory
// Gain: a 64th of the loads; against im2col no buffer of K times the input
// T: float double __half __nv_bfloat16
template <class T>
__global__ void conv2d_implicit_gemm(
    const T* __restrict__ x, const T* __restrict__ weight, T* __restrict__ out, Channels ch, Window w) {
    using W = wide_t<T>;
    int group = blockIdx.z, m0 = blockIdx.y * TILE, inner = ch.inputs * w.taps();
    long long n0 = blockIdx.x * (long long)TILE, columns = (long long)ch.images * w.positions();
    const T* rows = weight + (long long)group * ch.outputs * inner;
    auto a = [=](int m, long long k) -> W {
        return m0 + m < ch.outputs && k < inner ? (W)rows[(long long)(m0 + m) * inner + k] : W(0);
    };
    auto b = [=](long long k, int j) -> W {
        if (k >= inner || n0 + j >= columns) return W(0);
        long long n = (n0 + j) / w.positions();
        int position = (n0 + j) % w.positions(), c = (int)k / w.taps(), tap = (int)k % w.taps();
        int y = position / w.out_x * w.stride_y + tap / w.kernel_x * w.dilation_y - w.padding_y;
        int x0 = position % w.out_x * w.stride_x + tap % w.kernel_x * w.dilation_x - w.padding_x;
        if (y < 0 || y >= w.height || x0 < 0 || x0 >= w.width) return W(0);
        return (W)x[((n * ch.groups + group) * ch.inputs + c) * w.pixels() + y * w.width + x0];
    };
    auto store = [=](int m, int j, W value) {
        if (m0 + m >= ch.outputs || n0 + j >= columns) return;
        long long n = (n0 + j) / w.positions(), co = (long long)group * ch.outputs + m0 + m;
        out[(n * ch.groups * ch.outputs + co) * w.positions() + (n0 + j) % w.positions()] = (T)value;
    };
    tile_product<W, false>(0, inner, a, b, store);
}

// conv2d_input_gradient, rung 2: implicit GEMM: the transposed weight times gradients found by index
// What: a block makes 64 channels at 64 pixels; the inner index runs over output channels and taps
// Why: as in the forward; where the stride is larger than 1, most taps find no position and add zeros
// Gain: a 64th of the loads, no columns and no col2im
// T: float double __half __nv_bfloat16
template <class T>
__global__ void conv2d_input_gradient_implicit_gemm(
    const T* __restrict__ grad, const T* __restrict__ weight, T* __restrict__ dx, Channels ch, Window w) {
    using W = wide_t<T>;
    int group = blockIdx.z, m0 = blockIdx.y * TILE, inner = ch.outputs * w.taps();
    long long n0 = blockIdx.x * (long long)TILE, columns = (long long)ch.images * w.pixels();
    auto a = [=](int m, long long k) -> W {
        if (m0 + m >= ch.inputs || k >= inner) return W(0);
        long long co = (long long)group * ch.outputs + k / w.taps();
        return (W)weight[(co * ch.inputs + m0 + m) * w.taps() + k % w.taps()];
    };
    auto b = [=](long long k, int j) -> W {
        if (k >= inner || n0 + j >= columns) return W(0);
        long long n = (n0 + j) / w.pixels();
        int pixel = (n0 + j) % w.pixels(), o = (int)k / w.taps(), tap = (int)k % w.taps();
        int oy = pixel / w.width + w.padding_y - tap / w.kernel_x * w.dilation_y;
        int ox = pixel % w.width + w.padding_x - tap % w.kernel_x * w.dilation_x;
        if (oy < 0 || oy % w.stride_y || oy / w.stride_y >= w.out_y) return W(0);
        if (ox < 0 || ox % w.stride_x || ox / w.stride_x >= w.out_x) return W(0);
        int position = oy / w.stride_y * w.out_x + ox / w.stride_x;
        return (W)grad[((n * ch.groups + group) * ch.outputs + o) * w.positions() + position];
    };
    auto store = [=](int m, int j, W value) {
        if (m0 + m >= ch.inputs || n0 + j >= columns) return;
        long long n = (n0 + j) / w.pixels(), c = (long long)group * ch.inputs + m0 + m;
        dx[(n * ch.groups * ch.inputs + c) * w.pixels() + (n0 + j) % w.pixels()] = (T)value;
    };
    tile_product<W, false>(0, inner, a, b, store);
}

// conv2d_weight_gradient, rung 2: implicit GEMM over slices of the positions
// What: a block makes 64 x 64 weights from one slice of all images' positions; the slices are added up afterwards
// Why: the result is small and the sum long: only by splitting the sum is there work for a whole GPU (split-K)
// Gain: `slices` times the blocks; no atomics, the same sum every time
// T: float double __half __nv_bfloat16
template <class T>
__global__ void conv2d_weight_gradient_implicit_gemm(
    const T* __restrict__ grad, const T* __restrict__ x, wide_t<T>* __restrict__ dweight, Channels ch, Window w,
    int slices) {
    using W = wide_t<T>;
    int group = blockIdx.z / slices, slice = blockIdx.z % slices;
    int m0 = blockIdx.y * TILE, n0 = blockIdx.x * TILE, columns = ch.inputs * w.taps();
    long long inner = (long long)ch.images * w.positions(), each = (inner + slices - 1) / slices;
    long long k0 = slice * each, k_end = k0 + each < inner ? k0 + each : inner;
    auto a = [=](int m, long long k) -> W {
        if (m0 + m >= ch.outputs || k >= k_end) return W(0);
        long long n = k / w.positions(), co = (long long)group * ch.outputs + m0 + m;
        return (W)grad[(n * ch.groups * ch.outputs + co) * w.positions() + k % w.positions()];
    };
    auto b = [=](long long k, int j) -> W {
        if (k >= k_end || n0 + j >= columns) return W(0);
        long long n = k / w.positions();
        int position = k % w.positions(), c = (n0 + j) / w.taps(), tap = (n0 + j) % w.taps();
        int y = position / w.out_x * w.stride_y + tap / w.kernel_x * w.dilation_y - w.padding_y;
        int x0 = position % w.out_x * w.stride_x + tap % w.kernel_x * w.dilation_x - w.padding_x;
        if (y < 0 || y >= w.height || x0 < 0 || x0 >= w.width) return W(0);
        return (W)x[((n * ch.groups + group) * ch.inputs + c) * w.pixels() + y * w.width + x0];
    };
    W* out = dweight + (long long)slice * ch.groups * ch.outputs * columns;
    auto store = [=](int m, int j, W value) {
        if (m0 + m >= ch.outputs || n0 + j >= columns) return;
        out[((long long)group * ch.outputs + m0 + m) * columns + n0 + j] = value;
    };
    tile_product<W, true>(k0, k_end, a, b, store);
}
