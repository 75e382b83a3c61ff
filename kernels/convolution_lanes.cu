// Convolution at stride 1 for a CPU: no columns, no library, vectors of neighbouring positions in registers.
//
// With its border of zeros made, an image plane is one long row of `pitch` * height numbers, and position q of the output,
// counted with the same pitch, meets tap (ky, kx) at number q + ky * dilation_y * pitch + kx * dilation_x: the same shift
// for all positions. So a tap's part in the whole output is: a shifted row times one weight. At the end of each output
// row some positions stand whose windows wrap around into the next row; they are computed and thrown away.
//
// `Window` describes the bordered planes: its width is the pitch, its padding 0.
#include "lanes.cuh"
#include "window.cuh"

struct Channels {
    int images, inputs, outputs, groups;
};

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

// conv2d_weight_gradient, rung 3: vectors of gradients times vectors of shifted rows
// What: a block makes 4 output channels by 6 taps, summing 24 vectors over all positions of all images
// Why: 10 loads serve 24 multiplications, and at the end 24 sums across a vector are all that is left to do
// Gain: on a CPU as in the forward; `grad` has the planes' pitch, zeros where positions are thrown away and behind them
// Host: yes
// T: float double
template <class T>
__global__ void conv2d_weight_gradient_lanes(
    const T* __restrict__ grad, const T* __restrict__ bordered, T* __restrict__ dweight, Channels ch, Window w,
    int plane) {
    constexpr int ROWS = 4, COLUMNS = 6;
    int columns = ch.inputs * w.taps(), tiles = (columns + COLUMNS - 1) / COLUMNS;
    int row_tiles = (ch.outputs + ROWS - 1) / ROWS;
    int column0 = blockIdx.x % tiles * COLUMNS, row0 = blockIdx.x / tiles % row_tiles * ROWS;
    int group = blockIdx.x / tiles / row_tiles;
    int shift[COLUMNS], from[ROWS];  // of every column in the image, of every row in the gradient; the last one repeated
    for (int j = 0; j < COLUMNS; j++) {
        int column = min(column0 + j, columns - 1), tap = column % w.taps();
        int y = tap / w.kernel_x * w.dilation_y, x = tap % w.kernel_x * w.dilation_x;
        shift[j] = column / w.taps() * w.pixels() + y * w.width + x;
    }
    for (int i = 0; i < ROWS; i++) from[i] = min(row0 + i, ch.outputs - 1) * plane;
    Lanes<T> sum[ROWS][COLUMNS];
    #pragma GCC unroll 8
    for (int i = 0; i < ROWS; i++)
        #pragma GCC unroll 8
        for (int j = 0; j < COLUMNS; j++) sum[i][j].fill(0);
    for (long long n = 0; n < ch.images; n++) {
        const T* g = grad + (n * ch.groups + group) * ch.outputs * plane;
        const T* x = bordered + (n * ch.groups + group) * ch.inputs * w.pixels();
        for (int q = 0; q < plane; q += Lanes<T>::count) {
            Lanes<T> left[ROWS];
            #pragma GCC unroll 8
            for (int i = 0; i < ROWS; i++) left[i].load(g + from[i] + q);
            #pragma GCC unroll 8
            for (int j = 0; j < COLUMNS; j++) {
                Lanes<T> right;
                right.load(x + shift[j] + q);
                #pragma GCC unroll 8
                for (int i = 0; i < ROWS; i++) sum[i][j].add_product(right, left[i]);
            }
        }
    }
    for (int i = 0; i < ROWS && row0 + i < ch.outputs; i++)
        for (int j = 0; j < COLUMNS && column0 + j < columns; j++)
            dweight[((long long)group * ch.outputs + row0 + i) * columns + column0 + j] = sum[i][j].sum();
}
