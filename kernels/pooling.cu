// Max and average pooling over windows of image planes, and their gradients.
//
// All arrays are stacks of planes: x (planes, H, W), out (planes, Ho, Wo). A window may hang over the edge (padding, or
// what `ceil_mode` lets stand over): those of its pixels that are not there neither win nor count.
//
// Which pixel won is an index into its plane. Of equal values the first in reading order wins; NaN beats every number,
// and of several NaN the last wins.
#include "numeric.cuh"
#include "window.cuh"

template <class W> __device__ __forceinline__ bool wins(W value, W best) { return (value > best) | (value != value); }

// One row of outputs, CHUNK at a time: best values and places stay in registers while the taps go by. STRIDE is that
// along x, 0 if only known when running; as a constant it lets a compiler vectorise the row. Where no tap of a chunk
// leaves the plane, all of CHUNK is computed, though the row may end before: a loop of fixed length is vectors only.
constexpr int CHUNK = 16;

// Whether all of `count` outputs read pixels of row `y` from column `x` on, and CHUNK of them may: `behind` pixels
// follow the plane's first one in memory.
__device__ __forceinline__ bool whole_chunk(int y, int x, int count, int stride, long long behind, const Window& w) {
    bool inside = x >= 0 && x + (count - 1) * stride < w.width;
    return inside && (long long)y * w.width + x + (CHUNK - 1) * stride < behind;
}

// One output of a row meets the pixel that a tap reads for it.
template <class W, class T>
__device__ __forceinline__ void meet(const T* __restrict__ plane, int pixel, W& best, int& place) {
    W value = (W)plane[pixel];
    bool take = wins(value, best) | (place < 0);
    best = take ? value : best;
    place = take ? pixel : place;
}

template <int STRIDE, class T>
__device__ __forceinline__ void max_of_row(
    const T* __restrict__ plane, T* __restrict__ values, long long* __restrict__ places, int oy, long long behind,
    Window w) {
    using W = wide_t<T>;
    int stride = STRIDE ? STRIDE : w.stride_x;
    for (int start = 0; start < w.out_x; start += CHUNK) {
        int count = min(CHUNK, w.out_x - start);
        W best[CHUNK];
        int place[CHUNK];
        #pragma omp simd
        for (int i = 0; i < CHUNK; i++) best[i] = -infinity<W>(), place[i] = -1;
        for (int ky = 0; ky < w.kernel_y; ky++) {
            int y = oy * w.stride_y + ky * w.dilation_y - w.padding_y;
            if (y < 0 || y >= w.height) continue;
            for (int kx = 0; kx < w.kernel_x; kx++) {
                int x = start * stride + kx * w.dilation_x - w.padding_x, from = y * w.width + x;
                if (whole_chunk(y, x, count, stride, behind, w)) {
                    #pragma omp simd
                    for (int i = 0; i < CHUNK; i++) meet(plane, from + i * stride, best[i], place[i]);
                } else {
                    int first = max(first_inside(kx, stride, w.padding_x, w.dilation_x) - start, 0);
                    int end = min(end_inside(kx, w.width, stride, w.padding_x, w.dilation_x, w.out_x) - start, count);
                    for (int i = first; i < end; i++) meet(plane, from + i * stride, best[i], place[i]);
                }
            }
        }
        for (int i = 0; i < count; i++) values[start + i] = (T)best[i];
        for (int i = 0; i < count; i++) places[start + i] = place[i];
    }
}

// max_pool2d, rung 1: one thread computes rows of outputs
// What: for every tap of the window, the row's best values so far meet the pixels that this tap reads
// Why: nothing to change yet; on a CPU the loop along the row becomes vector instructions
// Gain: the reference; on a GPU neighbouring threads read and write addresses a whole row apart
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void max_pool2d_row(
    const T* __restrict__ x, T* __restrict__ values, long long* __restrict__ places, int planes, Window w) {
    long long thread = blockIdx.x * (long long)blockDim.x + threadIdx.x, threads = gridDim.x * (long long)blockDim.x;
    long long rows = (long long)planes * w.out_y, end_row = rows * (thread + 1) / threads;
    for (long long row = rows * thread / threads; row < end_row; row++) {
        const T* plane = x + row / w.out_y * w.pixels();
        int oy = row % w.out_y;
        long long out = row * w.out_x, behind = (planes - row / w.out_y) * w.pixels();
        if (w.stride_x == 1) max_of_row<1>(plane, values + out, places + out, oy, behind, w);
        else if (w.stride_x == 2) max_of_row<2>(plane, values + out, places + out, oy, behind, w);
        else max_of_row<0>(plane, values + out, places + out, oy, behind, w);
    }
}

// max_pool2d, rung 2: one thread computes one output
// What: neighbouring threads have neighbouring windows
// Why: a warp then reads pixels that lie side by side and writes 32 results in one go
// Gain: bound by memory: every pixel comes from memory once, its other uses from the cache
// T: float double __half __nv_bfloat16
template <class T>
__global__ void max_pool2d_output(
    const T* __restrict__ x, T* __restrict__ values, long long* __restrict__ places, int planes, Window w) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= (long long)planes * w.positions()) return;
    int ox = i % w.out_x, oy = i / w.out_x % w.out_y, place = -1;
    const T* plane = x + i / w.positions() * w.pixels();
    wide_t<T> best = -infinity<wide_t<T>>();
    for (int ky = 0; ky < w.kernel_y; ky++) {
        int y = oy * w.stride_y + ky * w.dilation_y - w.padding_y;
        if (y < 0 || y >= w.height) continue;
        for (int kx = 0; kx < w.kernel_x; kx++) {
            int column = ox * w.stride_x + kx * w.dilation_x - w.padding_x;
            if (column < 0 || column >= w.width) continue;
            wide_t<T> value = (wide_t<T>)plane[y * w.width + column];
            if (wins(value, best) || place < 0) best = value, place = y * w.width + column;
        }
    }
    values[i] = (T)best;
    places[i] = place;
}

// max_pool_gradient, rung 1: one thread sends one gradient to the pixel that won
// What: an atomic addition, because windows overlap and may share a winner
// Why: nothing to change yet
// Gain: the reference; the image must be cleared before, and sums depend on the order of arrival
// T: float double
template <class T>
__global__ void max_pool_gradient_atomic(
    const T* __restrict__ grad, const long long* __restrict__ places, T* dx, int planes, int positions, int pixels) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i < (long long)planes * positions) atomicAdd(&dx[i / positions * pixels + places[i]], grad[i]);
}

// max_pool_gradient, rung 2: one thread owns one plane
// What: it clears the plane and adds its gradients one after the other
// Why: nobody else writes there, so additions are plain, and always in the same order
// Gain: on a CPU everything; on a GPU too few threads. The one that needs no window, as adaptive pooling has none
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void max_pool_gradient_plane(
    const T* __restrict__ grad, const long long* __restrict__ places, T* __restrict__ dx, int planes, int positions,
    int pixels) {
    long long plane = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (plane >= planes) return;
    T* out = dx + plane * pixels;
    for (int i = 0; i < pixels; i++) out[i] = (T)0.0f;
    for (int i = 0; i < positions; i++) {
        long long pixel = places[plane * positions + i];
        out[pixel] = (T)((wide_t<T>)out[pixel] + (wide_t<T>)grad[plane * positions + i]);
    }
}

// The positions of a window along one axis that can see pixel `i`: from the first, up to and without the last.
__device__ __forceinline__ int first_seeing(int i, int kernel, int stride, int padding, int dilation) {
    int behind = i + padding - (kernel - 1) * dilation;
    return behind > 0 ? (behind + stride - 1) / stride : 0;
}
__device__ __forceinline__ int end_seeing(int i, int stride, int padding, int count) {
    return min((i + padding) / stride + 1, count);
}

// max_pool_gradient, rung 3: one thread gathers one pixel
// What: a pixel looks at the windows that contain it and sums the gradients of those it won
// Why: reading a few places is cheap where adding to shared memory cells is not
// Gain: every pixel is written once; no atomics, nothing to clear, the same sum every time
// T: float double __half __nv_bfloat16
template <class T>
__global__ void max_pool_gradient_gather(
    const T* __restrict__ grad, const long long* __restrict__ places, T* __restrict__ dx, int planes, Window w) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= (long long)planes * w.pixels()) return;
    int x = i % w.width, y = i / w.width % w.height;
    long long plane = i / w.pixels() * w.positions();
    int x_first = first_seeing(x, w.kernel_x, w.stride_x, w.padding_x, w.dilation_x);
    int x_end = end_seeing(x, w.stride_x, w.padding_x, w.out_x);
    int y_end = end_seeing(y, w.stride_y, w.padding_y, w.out_y);
    wide_t<T> sum = 0;
    for (int oy = first_seeing(y, w.kernel_y, w.stride_y, w.padding_y, w.dilation_y); oy < y_end; oy++)
        for (int ox = x_first; ox < x_end; ox++) {
            long long at = plane + oy * w.out_x + ox;
            if (places[at] == y * w.width + x) sum += (wide_t<T>)grad[at];
        }
    dx[i] = (T)sum;
}

// ---- average --------------------------------------------------------------------------------------------------------

// What a window's sum is divided by: `divisor` if that is not 0, else the number of its pixels that lie in the plane,
// and with `count_padding` in the padding around it. What stands over behind the padding never counts.
struct Divisor {
    int divisor, count_padding;

    __device__ __forceinline__ int of(int oy, int ox, const Window& w) const {
        if (divisor) return divisor;
        int y = oy * w.stride_y - w.padding_y, x = ox * w.stride_x - w.padding_x;
        int y_end = min(y + w.kernel_y, w.height + w.padding_y), x_end = min(x + w.kernel_x, w.width + w.padding_x);
        if (count_padding) return (y_end - y) * (x_end - x);
        return (min(y_end, w.height) - max(y, 0)) * (min(x_end, w.width) - max(x, 0));
    }
};

template <int STRIDE, class T>
__device__ __forceinline__ void mean_of_row(
    const T* __restrict__ plane, T* __restrict__ out, int oy, long long behind, Window w, Divisor divisor) {
    using W = wide_t<T>;
    int stride = STRIDE ? STRIDE : w.stride_x;
    for (int start = 0; start < w.out_x; start += CHUNK) {
        int count = min(CHUNK, w.out_x - start);
        W sum[CHUNK] = {};
        for (int ky = 0; ky < w.kernel_y; ky++) {
            int y = oy * w.stride_y + ky - w.padding_y;
            if (y < 0 || y >= w.height) continue;
            for (int kx = 0; kx < w.kernel_x; kx++) {
                int x = start * stride + kx - w.padding_x;
                const T* from = plane + (long long)y * w.width + x;
                if (whole_chunk(y, x, count, stride, behind, w)) {
                    #pragma omp simd
                    for (int i = 0; i < CHUNK; i++) sum[i] += (W)from[i * stride];
                } else {
                    int first = max(first_inside(kx, stride, w.padding_x, 1) - start, 0);
                    int end = min(end_inside(kx, w.width, stride, w.padding_x, 1, w.out_x) - start, count);
                    for (int i = first; i < end; i++) sum[i] += (W)from[i * stride];
                }
            }
        }
        #pragma omp simd
        for (int i = 0; i < CHUNK; i++) sum[i] /= (W)divisor.of(oy, start + i, w);
        for (int i = 0; i < count; i++) out[start + i] = (T)sum[i];
    }
}

// avg_pool2d, rung 1: one thread computes rows of outputs
// What: for every tap of the window, the pixels that it reads are added to the row's sums
// Why: nothing to change yet; on a CPU the loop along the row becomes vector instructions
// Gain: the reference; on a GPU neighbouring threads read and write addresses a whole row apart
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void avg_pool2d_row(const T* __restrict__ x, T* __restrict__ out, int planes, Window w, Divisor divisor) {
    long long thread = blockIdx.x * (long long)blockDim.x + threadIdx.x, threads = gridDim.x * (long long)blockDim.x;
    long long rows = (long long)planes * w.out_y, end_row = rows * (thread + 1) / threads;
    for (long long row = rows * thread / threads; row < end_row; row++) {
        const T* plane = x + row / w.out_y * w.pixels();
        int oy = row % w.out_y;
        long long behind = (planes - row / w.out_y) * w.pixels();
        if (w.stride_x == 1) mean_of_row<1>(plane, out + row * w.out_x, oy, behind, w, divisor);
        else if (w.stride_x == 2) mean_of_row<2>(plane, out + row * w.out_x, oy, behind, w, divisor);
        else mean_of_row<0>(plane, out + row * w.out_x, oy, behind, w, divisor);
    }
}

// avg_pool2d, rung 2: one thread computes one output
// What: neighbouring threads have neighbouring windows
// Why: a warp then reads pixels that lie side by side and writes 32 results in one go
// Gain: bound by memory: every pixel comes from memory once, its other uses from the cache
// T: float double __half __nv_bfloat16
template <class T>
__global__ void avg_pool2d_output(
    const T* __restrict__ x, T* __restrict__ out, int planes, Window w, Divisor divisor) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= (long long)planes * w.positions()) return;
    int ox = i % w.out_x, oy = i / w.out_x % w.out_y;
    const T* plane = x + i / w.positions() * w.pixels();
    int y_first = max(oy * w.stride_y - w.padding_y, 0), x_first = max(ox * w.stride_x - w.padding_x, 0);
    int y_end = min(oy * w.stride_y - w.padding_y + w.kernel_y, w.height);
    int x_end = min(ox * w.stride_x - w.padding_x + w.kernel_x, w.width);
    wide_t<T> sum = 0;
    for (int y = y_first; y < y_end; y++)
        for (int column = x_first; column < x_end; column++) sum += (wide_t<T>)plane[y * w.width + column];
    out[i] = (T)(sum / (wide_t<T>)divisor.of(oy, ox, w));
}

// avg_pool2d_gradient, rung 1: one thread gives every pixel of its window a share
// What: atomic additions, because windows overlap
// Why: nothing to change yet
// Gain: the reference; as many atomic additions a pixel as windows see it, into zeroed memory
// T: float double
template <class T>
__global__ void avg_pool2d_gradient_atomic(
    const T* __restrict__ grad, T* dx, int planes, Window w, Divisor divisor) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= (long long)planes * w.positions()) return;
    int ox = i % w.out_x, oy = i / w.out_x % w.out_y;
    T* plane = dx + i / w.positions() * w.pixels();
    int y_first = max(oy * w.stride_y - w.padding_y, 0), x_first = max(ox * w.stride_x - w.padding_x, 0);
    int y_end = min(oy * w.stride_y - w.padding_y + w.kernel_y, w.height);
    int x_end = min(ox * w.stride_x - w.padding_x + w.kernel_x, w.width);
    T share = grad[i] / (T)divisor.of(oy, ox, w);
    for (int y = y_first; y < y_end; y++)
        for (int column = x_first; column < x_end; column++) atomicAdd(&plane[y * w.width + column], share);
}

// avg_pool2d_gradient, rung 2: one thread owns one plane
// What: it clears the plane and adds every window's share to its pixels, a row of windows at a time
// Why: nobody else writes there, so additions are plain, and always in the same order
// Gain: on a CPU everything: a share is computed once and rows are added with vectors; on a GPU too few threads
// Host: yes
// T: float double
template <class T>
__global__ void avg_pool2d_gradient_plane(
    const T* __restrict__ grad, T* __restrict__ dx, int planes, Window w, Divisor divisor) {
    long long plane = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (plane >= planes) return;
    T* pixels = dx + plane * w.pixels();
    int stride = w.stride_x;
    for (int i = 0; i < w.pixels(); i++) pixels[i] = 0;
    for (int oy = 0; oy < w.out_y; oy++)
        for (int start = 0; start < w.out_x; start += CHUNK) {
            const T* from = grad + plane * w.positions() + oy * w.out_x + start;
            int count = min(CHUNK, w.out_x - start);
            T share[CHUNK] = {};
            for (int i = 0; i < count; i++) share[i] = from[i];
            #pragma omp simd
            for (int i = 0; i < CHUNK; i++) share[i] /= (T)divisor.of(oy, start + i, w);
            for (int kx = 0; kx < w.kernel_x; kx++) {
                int first = max(first_inside(kx, stride, w.padding_x, 1) - start, 0);
                int end = min(end_inside(kx, w.width, stride, w.padding_x, 1, w.out_x) - start, count);
                for (int ky = 0; ky < w.kernel_y; ky++) {
                    int y = oy * w.stride_y + ky - w.padding_y;
                    if (y < 0 || y >= w.height) continue;
                    T* to = pixels + y * w.width + start * stride + kx - w.padding_x;
                    if (stride == 1) {
                        for (int i = first; i < end; i++) to[i] += share[i];
                    } else {
                        for (int i = first; i < end; i++) to[i * stride] += share[i];
                    }
                }
            }
        }
}

// avg_pool2d_gradient, rung 3: one thread gathers one pixel
// What: a pixel sums the shares of the windows that contain it
// Why: reading is cheap where adding to shared memory cells is not
// Gain: every pixel is written once; no atomics, nothing to clear, the same sum every time
// T: float double __half __nv_bfloat16
template <class T>
__global__ void avg_pool2d_gradient_gather(
    const T* __restrict__ grad, T* __restrict__ dx, int planes, Window w, Divisor divisor) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= (long long)planes * w.pixels()) return;
    int x = i % w.width, y = i / w.width % w.height;
    const T* plane = grad + i / w.pixels() * w.positions();
    int x_first = first_seeing(x, w.kernel_x, w.stride_x, w.padding_x, 1);
    int x_end = end_seeing(x, w.stride_x, w.padding_x, w.out_x);
    int y_end = end_seeing(y, w.stride_y, w.padding_y, w.out_y);
    wide_t<T> sum = 0;
    for (int oy = first_seeing(y, w.kernel_y, w.stride_y, w.padding_y, 1); oy < y_end; oy++)
        for (int ox = x_first; ox < x_end; ox++)
            sum += (wide_t<T>)plane[oy * w.out_x + ox] / (wide_t<T>)divisor.of(oy, ox, w);
    dx[i] = (T)sum;
}
