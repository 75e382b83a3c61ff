// How operands lie in memory: sizes shared by all, strides of each, counted in elements.
//
// A stride of 0 repeats an operand along a dimension: that is all there is to broadcasting. Dimensions that lie behind each
// other without a gap in every operand should be merged before a launch (`collapse` in minitorch/ops/kernels/layout.py):
// each costs a division by a number that only the launch knows, tens of instructions on a GPU.
#pragma once

struct Layout {
    long long sizes[8];
    long long strides[4][8];  // operand 0 is the output
    int dims, unused;
};

// Where an operand has the element that is number `index` in C order.
__device__ __forceinline__ long long offset_of(const Layout& at, int operand, long long index, int dims) {
    long long offset = 0;
    for (int d = dims - 1; d >= 0; d--) {
        offset += index % at.sizes[d] * at.strides[operand][d];
        index /= at.sizes[d];
    }
    return offset;
}

// How far it is from one element of a row, the last dimension, to the next.
__device__ __forceinline__ long long step_of(const Layout& at, int operand) {
    return at.dims ? at.strides[operand][at.dims - 1] : 1;
}

// A row is the last dimension. Which part of which rows a block owns: `pieces` blocks share a row, or a block has many.
struct Rows {
    long long first, last, start, end;
};

__device__ __forceinline__ Rows rows_of_block(const Layout& at, long long rows, long long rows_a_block,
                                              long long piece) {
    const long long length = at.dims ? at.sizes[at.dims - 1] : 1, pieces = (length + piece - 1) / piece;
    Rows own;
    own.first = blockIdx.x / pieces * rows_a_block;
    own.last = own.first + rows_a_block < rows ? own.first + rows_a_block : rows;
    own.start = blockIdx.x % pieces * piece;
    own.end = own.start + piece < length ? own.start + piece : length;
    return own;
}
