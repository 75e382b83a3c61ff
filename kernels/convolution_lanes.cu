// Convolution at stride 1 for a CPU: no columns, no library, vectors of neighbouring positions in registers.
//
// With its border of zeros made, an image plane is one long row of `pitch` * height numbers, and position q of the
// output, counted with the same pitch, meets tap (ky, kx) at number q + ky * dilation_y * pitch + kx * dilation_x: the
// same shift for all positions. So a tap's part in the whole output is: a shifted row times one weight. At the end of
// each output row some positions stand whose windows wrap around into the next row; they are computed and thrown away.
//
// `Window` describes the bordered planes: its width is the pitch, its padding 0.
#include "lanes.cuh"
#include "window.cuh"

constexpr int OUTPUTS = 8, VECTORS = 3;  // 24 sums, which with the 3 vectors they are made from fill 32 registers

// OUTPUTS channels at V vectors of positions from q on. `weights`: (C, Kh, Kw, OUTPUTS).
template <int V, class T>
__device__ __forceinline__ void positions_from(
    int q, const T* __restrict__ planes, const T* __restrict__ weights, const T* bias, T* __restrict__ out, int inputs,
    int outputs, const Window& w) {
    constexpr int COUNT = V * Lanes<T>::count;
    Lanes<T> sum[OUTPUTS][V];
    #pragma GCC unroll 8
    for (int m = 0; m < OUTPUTS; m++)
        #pragma GCC unroll 8
        for (int v = 0; v < V; v++) sum[m][v].fill(bias && m < outputs ? bias[m] : T(0));
    for (int c = 0; c < inputs; c++)
        for (int ky = 0; ky < w.kernel_y; ky++) {
            const T* row = planes + (c * w.height + ky * w.dilation_y) * w.width + q;
            for (int kx = 0; kx < w.kernel_x; kx++, row += w.dilation_x, weights += OUTPUTS) {
                Lanes<T> x[V];
                #pragma GCC unroll 8
                for (int v = 0; v < V; v++) x[v].load(row + v * Lanes<T>::count);
                #pragma GCC unroll 8
                for (int m = 0; m < OUTPUTS; m++)
                    #pragma GCC unroll 8
                    for (int v = 0; v < V; v++) sum[m][v].add_product(x[v], weights[m]);
            }
        }
    T tile[OUTPUTS][COUNT];
    #pragma GCC unroll 8
    for (int m = 0; m < OUTPUTS; m++)
        #pragma GCC unroll 8
        for (int v = 0; v < V; v++) sum[m][v].store(&tile[m][v * Lanes<T>::count]);
    int oy = q / w.width, ox = q % w.width;
    for (int i = 0; i < COUNT && oy < w.out_y; oy++) {  // what lies in the output, row by row
        int run = min(COUNT - i, w.width - ox), kept = min(run, w.out_x - ox);
        for (int m = 0; m < outputs; m++) {
            T* to = out + ((long long)m * w.out_y + oy) * w.out_x + ox;
            for (int j = 0; j < kept; j++) to[j] = tile[m][i + j];
        }
        i += run;
        ox = 0;
    }
}

// conv2d, rung 3: vectors of positions times single weights, all sums in registers
// What: a block makes 8 output channels of one image; every vector that was loaded is multiplied by 8 weights
// Why: a shifted row is contiguous memory, so nothing has to be laid out first; the image stays in the cache
// Gain: on a CPU more than the columns cost: it beats the library's product alone. On a GPU rung 2 does this better
// Host: yes
// T: float double
template <class T>
__global__ void conv2d_lanes(
    const T* __restrict__ bordered, const T* __restrict__ weights, const T* __restrict__ bias, T* __restrict__ out,
    Channels ch, Window w) {
    int tiles = (ch.outputs + OUTPUTS - 1) / OUTPUTS, tile = blockIdx.x % tiles, group = blockIdx.x / tiles % ch.groups;
    long long n = blockIdx.x / tiles / ch.groups, first = (long long)group * ch.outputs + tile * OUTPUTS;
    const T* planes = bordered + (n * ch.groups + group) * ch.inputs * w.pixels();
    const T* packed = weights + ((long long)group * tiles + tile) * OUTPUTS * ch.inputs * w.taps();
    const T* offset = bias ? bias + first : nullptr;
    T* to = out + (n * ch.groups * ch.outputs + first) * w.positions();
    int end = w.out_y * w.width, outputs = min(OUTPUTS, ch.outputs - tile * OUTPUTS), q = 0;
    for (; q + (VECTORS - 1) * Lanes<T>::count < end; q += VECTORS * Lanes<T>::count)
        positions_from<VECTORS>(q, planes, packed, offset, to, ch.inputs, outputs, w);
    for (; q < end; q += Lanes<T>::count) positions_from<1>(q, planes, packed, offset, to, ch.inputs, outputs, w);
}

// channels_last: planes (batch, channels, positions) turned into (batch, positions, width), zeros behind the channels
// What: a block turns 64 positions; threadIdx.x walks over channels, which become neighbours
// Why: the next kernel multiplies neighbouring output channels with one pixel
// Gain: each number is moved once; the cache holds the lines until all their numbers are taken
// Host: yes
// T: float double
template <class T>
__global__ void channels_last(
    const T* __restrict__ planes, T* __restrict__ out, int channels, int positions, int width) {
    int chunks = (positions + 63) / 64, first = blockIdx.x % chunks * 64, end = min(first + 64, positions);
    long long batch = blockIdx.x / chunks;
    for (int p = first; p < end; p++)
        for (int c = threadIdx.x; c < width; c += blockDim.x)
            out[(batch * positions + p) * width + c] =
                c < channels ? planes[(batch * channels + c) * positions + p] : T(0);
}

// V vectors of output channels by 24 / V columns, from the images [first, last). `from_zero`: else sums go on.
template <int V, class T>
__device__ __forceinline__ void weights_of(
    int column0, const T* __restrict__ grad, const T* __restrict__ bordered, T* __restrict__ dweight, long long first,
    long long last, bool from_zero, int width, const Channels& ch, const Window& w) {
    constexpr int COLUMNS = 24 / V, L = Lanes<T>::count;
    int columns = ch.inputs * w.taps(), shift[COLUMNS];  // of every column in the image; the last one repeated
    for (int j = 0; j < COLUMNS; j++) {
        int column = min(column0 + j, columns - 1), tap = column % w.taps();
        int y = tap / w.kernel_x * w.dilation_y, x = tap % w.kernel_x * w.dilation_x;
        shift[j] = column / w.taps() * w.pixels() + y * w.width + x;
    }
    Lanes<T> sum[COLUMNS][V];
    #pragma GCC unroll 24
    for (int j = 0; j < COLUMNS; j++)
        #pragma GCC unroll 24
        for (int v = 0; v < V; v++)
            if (from_zero || column0 + j >= columns) sum[j][v].fill(0);
            else sum[j][v].load(dweight + (long long)(column0 + j) * width + v * L);
    for (long long n = first; n < last; n++)
        for (int oy = 0; oy < w.out_y; oy++) {
            const T* g = grad + (n * ch.groups * w.out_y + oy) * w.out_x * width;
            const T* x = bordered + n * ch.groups * ch.inputs * w.pixels() + oy * w.width;
            for (int ox = 0; ox < w.out_x; ox++, g += width, x++) {
                Lanes<T> left[V];
                #pragma GCC unroll 24
                for (int v = 0; v < V; v++) left[v].load(g + v * L);
                #pragma GCC unroll 24
                for (int j = 0; j < COLUMNS; j++)
                    #pragma GCC unroll 24
                    for (int v = 0; v < V; v++) sum[j][v].add_product(left[v], x[shift[j]]);
            }
        }
    #pragma GCC unroll 24
    for (int j = 0; j < COLUMNS; j++)
        #pragma GCC unroll 24
        for (int v = 0; v < V; v++)
            if (column0 + j < columns) sum[j][v].store(dweight + (long long)(column0 + j) * width + v * L);
}

// conv2d_weight_gradient, rung 3: vectors of output channels times single pixels, all sums in registers
// What: a block owns some columns (channel and tap) of the weight, (G, C * K, width), and sums over all positions
// Why: neighbouring channels of the gradient are one load that serves 24 / V columns, and need no sum across a vector
// Gain: on a CPU as in the forward; images go by in chunks that stay in the cache for all columns of the block
// Host: yes
// V: 1 2 4
// T: float double
template <int V, class T>
__global__ void conv2d_weight_gradient_lanes(
    const T* __restrict__ grad, const T* __restrict__ bordered, T* __restrict__ dweight, Channels ch, Window w,
    int width, int chunk) {
    constexpr int COLUMNS = 24 / V, CHANNELS = V * Lanes<T>::count;
    int columns = ch.inputs * w.taps(), tiles = (columns + COLUMNS - 1) / COLUMNS;
    int begin = (long long)tiles * blockIdx.x / gridDim.x, end = (long long)tiles * (blockIdx.x + 1) / gridDim.x;
    int group = blockIdx.y;
    const T* g = grad + (long long)group * w.positions() * width;
    const T* x = bordered + (long long)group * ch.inputs * w.pixels();
    T* to = dweight + (long long)group * columns * width;
    for (int first = 0; first < ch.images; first += chunk) {
        int last = min(first + chunk, ch.images);
        for (int tile = begin; tile < end; tile++)
            for (int channel = 0; channel < width; channel += CHANNELS)
                weights_of<V>(
                    tile * COLUMNS, g + channel, x, to + channel, first, last, first == 0, width, ch, w);
    }
}
