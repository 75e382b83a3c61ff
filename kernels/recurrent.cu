// The pointwise part of the cells of recurrent networks: what follows the two matrix products of a step, in one kernel.
//   from_input (N, G * hidden) = x W^T      from_hidden (N, G * hidden) = h U^T      biases (G * hidden), or both null
// G = 4 gates in an LSTM, in the order input, forget, cell, output (Hochreiter and Schmidhuber 1997, Gers et al. 2000):
//   i, f, o = sigmoid(..)    g = tanh(..)    c' = f c + i g          h' = o tanh(c')
// G = 3 gates in a GRU, in the order reset, update, new (Cho et al. 2014):
//   r, z = sigmoid(..)       n = tanh(from_input_n + r * from_hidden_n)       h' = (1 - z) n + z h
// Written with separate operators a step of an LSTM launches some 20 kernels, each of which reads and writes all gates.
// `kept` is what backward needs: the four activated gates, or r, z, n, and from_hidden_n with its bias.
#include "numeric.cuh"

template <class W> __device__ __forceinline__ W sigmoid(W x) { return W(1) / (W(1) + exp(-x)); }

// One gate before its activation: both products and both biases.
template <class T, class W = wide_t<T>>
__device__ __forceinline__ W gate(const T* a, const T* b, const T* bias_a, const T* bias_b, size_t at, int column) {
    W sum = (W)a[at] + (W)b[at];
    return bias_a ? sum + (W)bias_a[column] + (W)bias_b[column] : sum;
}

// One element of an LSTM's step: row r of the batch, unit u.
template <class T>
__device__ __forceinline__ void lstm_element(const T* a, const T* b, const T* bias_a, const T* bias_b, const T* c, T* h_out,
                                             T* c_out, T* kept, int hidden, size_t r, int u) {
    using W = wide_t<T>;
    size_t gates = r * 4 * hidden + u, at = r * hidden + u;
    W i = sigmoid(gate(a, b, bias_a, bias_b, gates, u));
    W f = sigmoid(gate(a, b, bias_a, bias_b, gates + hidden, u + hidden));
    W g = tanh(gate(a, b, bias_a, bias_b, gates + 2 * hidden, u + 2 * hidden));
    W o = sigmoid(gate(a, b, bias_a, bias_b, gates + 3 * hidden, u + 3 * hidden));
    W cell = f * (W)c[at] + i * g;
    kept[gates] = (T)i, kept[gates + hidden] = (T)f, kept[gates + 2 * hidden] = (T)g, kept[gates + 3 * hidden] = (T)o;
    c_out[at] = (T)cell;
    h_out[at] = (T)(o * tanh(cell));
}

// lstm cell, rung 1: one thread a unit of a sequence, found by division
// Why: nothing to change yet
// Gain: against separate operators, one read and one write of the gates instead of some twenty
// T: float double __half __nv_bfloat16
template <class T>
__global__ void lstm_cell_flat(const T* __restrict__ from_input, const T* __restrict__ from_hidden,
                               const T* __restrict__ bias_input, const T* __restrict__ bias_hidden,
                               const T* __restrict__ c, T* __restrict__ h_out, T* __restrict__ c_out,
                               T* __restrict__ kept, int batch, int hidden) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= (long long)batch * hidden) return;
    lstm_element(from_input, from_hidden, bias_input, bias_hidden, c, h_out, c_out, kept, hidden, i / hidden, i % hidden);
}

// lstm cell, rung 2: a block owns a sequence of the batch
// What: the row is the block's index, its threads go through the units
// Why: a division costs tens of cycles on a GPU, and keeps a CPU compiler from seeing that neighbours are neighbours
// Gain: no division; on the CPU the loop vectorises
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void lstm_cell_rows(const T* __restrict__ from_input, const T* __restrict__ from_hidden,
                               const T* __restrict__ bias_input, const T* __restrict__ bias_hidden,
                               const T* __restrict__ c, T* __restrict__ h_out, T* __restrict__ c_out,
                               T* __restrict__ kept, int batch, int hidden) {
    for (int u = threadIdx.x; u < hidden; u += blockDim.x)
        lstm_element(from_input, from_hidden, bias_input, bias_hidden, c, h_out, c_out, kept, hidden, blockIdx.x, u);
}

// lstm cell backward: gradients of all gates before their activation, and of the old cell state; a block owns a row
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void lstm_cell_backward(const T* __restrict__ dh, const T* __restrict__ dc, const T* __restrict__ c,
                                   const T* __restrict__ c_out, const T* __restrict__ kept, T* __restrict__ dgates,
                                   T* __restrict__ dc_before, int batch, int hidden) {
    using W = wide_t<T>;
    size_t r = blockIdx.x;
    for (int u = threadIdx.x; u < hidden; u += blockDim.x) {
        size_t gates = r * 4 * hidden + u, at = r * hidden + u;
        W i = (W)kept[gates], f = (W)kept[gates + hidden], g = (W)kept[gates + 2 * hidden], o = (W)kept[gates + 3 * hidden];
        W shown = tanh((W)c_out[at]), from_h = dh ? (W)dh[at] : W(0);
        W cell = from_h * o * (1 - shown * shown) + (dc ? (W)dc[at] : W(0));  // gradient of the new cell state
        dgates[gates] = (T)(cell * g * i * (1 - i));
        dgates[gates + hidden] = (T)(cell * (W)c[at] * f * (1 - f));
        dgates[gates + 2 * hidden] = (T)(cell * i * (1 - g * g));
        dgates[gates + 3 * hidden] = (T)(from_h * shown * o * (1 - o));
        dc_before[at] = (T)(cell * f);
    }
}

// One element of a GRU's step.
template <class T>
__device__ __forceinline__ void gru_element(const T* a, const T* b, const T* bias_a, const T* bias_b, const T* h, T* h_out,
                                            T* kept, int hidden, size_t row, int u) {
    using W = wide_t<T>;
    size_t gates = row * 3 * hidden + u, out = row * 4 * hidden + u, at = row * hidden + u;
    W r = sigmoid(gate(a, b, bias_a, bias_b, gates, u));
    W z = sigmoid(gate(a, b, bias_a, bias_b, gates + hidden, u + hidden));
    W past = (W)b[gates + 2 * hidden] + (bias_b ? (W)bias_b[u + 2 * hidden] : W(0));
    W n = tanh((W)a[gates + 2 * hidden] + (bias_a ? (W)bias_a[u + 2 * hidden] : W(0)) + r * past);
    kept[out] = (T)r, kept[out + hidden] = (T)z, kept[out + 2 * hidden] = (T)n, kept[out + 3 * hidden] = (T)past;
    h_out[at] = (T)((1 - z) * n + z * (W)h[at]);
}

// gru cell, rung 1: one thread a unit of a sequence, found by division
// Why: nothing to change yet
// Gain: against separate operators, one read and one write of the gates instead of some fifteen
// T: float double __half __nv_bfloat16
template <class T>
__global__ void gru_cell_flat(const T* __restrict__ from_input, const T* __restrict__ from_hidden,
                              const T* __restrict__ bias_input, const T* __restrict__ bias_hidden,
                              const T* __restrict__ h, T* __restrict__ h_out, T* __restrict__ kept, int batch, int hidden) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= (long long)batch * hidden) return;
    gru_element(from_input, from_hidden, bias_input, bias_hidden, h, h_out, kept, hidden, i / hidden, i % hidden);
}

// gru cell, rung 2: a block owns a sequence of the batch
// What: the row is the block's index, its threads go through the units
// Why: as in the LSTM's cell: no division, neighbours stay neighbours
// Gain: no division; on the CPU the loop vectorises
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void gru_cell_rows(const T* __restrict__ from_input, const T* __restrict__ from_hidden,
                              const T* __restrict__ bias_input, const T* __restrict__ bias_hidden,
                              const T* __restrict__ h, T* __restrict__ h_out, T* __restrict__ kept, int batch, int hidden) {
    for (int u = threadIdx.x; u < hidden; u += blockDim.x)
        gru_element(from_input, from_hidden, bias_input, bias_hidden, h, h_out, kept, hidden, blockIdx.x, u);
}

// gru cell backward: gradients of what came from the input, from the hidden state, and of that state; a block owns a row
// Host: yes
// T: float double __half __nv_bfloat16
template <class T>
__global__ void gru_cell_backward(const T* __restrict__ dh_out, const T* __restrict__ h, const T* __restrict__ kept,
                                  T* __restrict__ dinput, T* __restrict__ dhidden, T* __restrict__ dh, int batch,
                                  int hidden) {
    using W = wide_t<T>;
    size_t row = blockIdx.x;
    for (int u = threadIdx.x; u < hidden; u += blockDim.x) {
        size_t gates = row * 3 * hidden + u, in = row * 4 * hidden + u, at = row * hidden + u;
        W r = (W)kept[in], z = (W)kept[in + hidden], n = (W)kept[in + 2 * hidden], past = (W)kept[in + 3 * hidden];
        W gradient = (W)dh_out[at];
        W dn = gradient * (1 - z) * (1 - n * n), dz = gradient * ((W)h[at] - n) * z * (1 - z), dr = dn * past * r * (1 - r);
        dinput[gates] = dhidden[gates] = (T)dr;
        dinput[gates + hidden] = dhidden[gates + hidden] = (T)dz;
        dinput[gates + 2 * hidden] = (T)dn;
        dhidden[gates + 2 * hidden] = (T)(dn * r);
        dh[at] = (T)(gradient * z);
    }
}
