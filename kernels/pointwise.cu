// Pointwise operations over broadcast strides: y[i] = op(a[i]), op(a[i], b[i]), op(a[i], b[i], c[i]), and where.
#include "layout.cuh"
#include "pointwise.cuh"
#include "vector.cuh"

// ---- one operand -------------------------------------------------------------------------------------------------

// pointwise unary, rung 1: one thread computes one element
// What: the thread's number becomes one index a dimension, and these an offset in each operand
// Why: nothing to change yet
// Gain: the reference
// Op: Negative Exp
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void unary_elementwise(T* y, const T* a, Layout at, long long n) {
    using W = wide_t<T>;
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[offset_of(at, 0, i, at.dims)] = (T)Op::of((W)a[offset_of(at, 1, i, at.dims)]);
}

// pointwise unary, rung 2: a block computes rows
// What: offsets are worked out once a row; within it each operand has its step, 0 where it is repeated
// Why: no division is left for nearly all elements
// Gain: a factor of 2 to 5
// Host: yes
// Op: Negative Exp
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void unary_rows(T* y, const T* a, Layout at, long long rows, long long rows_a_block, long long piece) {
    using W = wide_t<T>;
    const Rows own = rows_of_block(at, rows, rows_a_block, piece);
    const int last = at.dims - 1;
    const long long y_step = step_of(at, 0), a_step = step_of(at, 1);
    const unsigned step = blockDim.x;
    for (long long row = own.first; row < own.last; row++) {
        T* to = y + offset_of(at, 0, row, last);
        const T* a_row = a + offset_of(at, 1, row, last);
        if (y_step == 1 && a_step == 1) {
#pragma omp simd
            for (long long i = own.start + threadIdx.x; i < own.end; i += step)
                to[i] = (T)Op::of((W)a_row[i]);
        } else {
            for (long long i = own.start + threadIdx.x; i < own.end; i += step)
                to[i * y_step] = (T)Op::of((W)a_row[i * a_step]);
        }
    }
}

// pointwise unary, rung 3: 16 bytes a load and a store
// What: where all rows are contiguous and aligned, a thread takes 16 bytes of each at once; else as rung 2
// Why: a quarter of the memory instructions, and more bytes under way at once
// Gain: 10 to 30 percent where memory is the bound, most for halves
// Op: Negative Exp
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void unary_vectorised(T* y, const T* a, Layout at, long long rows, long long rows_a_block,
                               long long piece) {
    using W = wide_t<T>;
    constexpr int N = Vector<T>::size;
    const Rows own = rows_of_block(at, rows, rows_a_block, piece);
    const int last = at.dims - 1;
    const long long y_step = step_of(at, 0), a_step = step_of(at, 1);
    for (long long row = own.first; row < own.last; row++) {
        T* to = y + offset_of(at, 0, row, last);
        const T* a_row = a + offset_of(at, 1, row, last);
        const bool contiguous = y_step == 1 && a_step == 1;
        long long whole = own.start;
        if (contiguous && aligned(to + own.start) && aligned(a_row + own.start))
            whole = own.start + (own.end - own.start) / N * N;
        for (long long i = own.start + threadIdx.x * N; i < whole; i += blockDim.x * N) {
            Vector<T> v = load_vector(a_row + i);
            for (int k = 0; k < N; k++) v.at[k] = (T)Op::of((W)v.at[k]);
            store_vector(to + i, v);
        }
        for (long long i = whole + threadIdx.x; i < own.end; i += blockDim.x)
            to[i * y_step] = (T)Op::of((W)a_row[i * a_step]);
    }
}

// ---- two operands ------------------------------------------------------------------------------------------------

// pointwise binary, rung 1: one thread computes one element
// What: the thread's number becomes one index a dimension, and these an offset in each operand
// Why: nothing to change yet
// Gain: the reference
// Op: Add Divide
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void binary_elementwise(T* y, const T* a, const T* b, Layout at, long long n) {
    using W = wide_t<T>;
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[offset_of(at, 0, i, at.dims)] = (T)Op::of((W)a[offset_of(at, 1, i, at.dims)],
                                                    (W)b[offset_of(at, 2, i, at.dims)]);
}

// pointwise binary, rung 2: a block computes rows
// What: offsets are worked out once a row; within it each operand has its step, 0 where it is repeated
// Why: no division is left for nearly all elements
// Gain: a factor of 2 to 5
// Host: yes
// Op: Add Divide
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void binary_rows(T* y, const T* a, const T* b, Layout at, long long rows, long long rows_a_block,
                            long long piece) {
    using W = wide_t<T>;
    const Rows own = rows_of_block(at, rows, rows_a_block, piece);
    const int last = at.dims - 1;
    const long long y_step = step_of(at, 0), a_step = step_of(at, 1), b_step = step_of(at, 2);
    const unsigned step = blockDim.x;
    for (long long row = own.first; row < own.last; row++) {
        T* to = y + offset_of(at, 0, row, last);
        const T* a_row = a + offset_of(at, 1, row, last);
        const T* b_row = b + offset_of(at, 2, row, last);
        if (y_step == 1 && a_step == 1 && b_step == 1) {
#pragma omp simd
            for (long long i = own.start + threadIdx.x; i < own.end; i += step)
                to[i] = (T)Op::of((W)a_row[i], (W)b_row[i]);
        } else {
            for (long long i = own.start + threadIdx.x; i < own.end; i += step)
                to[i * y_step] = (T)Op::of((W)a_row[i * a_step], (W)b_row[i * b_step]);
        }
    }
}

// pointwise binary, rung 3: 16 bytes a load and a store
// What: where all rows are contiguous and aligned, a thread takes 16 bytes of each at once; else as rung 2
// Why: a quarter of the memory instructions, and more bytes under way at once
// Gain: 10 to 30 percent where memory is the bound, most for halves
// Op: Add Divide
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void binary_vectorised(T* y, const T* a, const T* b, Layout at, long long rows, long long rows_a_block,
                               long long piece) {
    using W = wide_t<T>;
    constexpr int N = Vector<T>::size;
    const Rows own = rows_of_block(at, rows, rows_a_block, piece);
    const int last = at.dims - 1;
    const long long y_step = step_of(at, 0), a_step = step_of(at, 1), b_step = step_of(at, 2);
    for (long long row = own.first; row < own.last; row++) {
        T* to = y + offset_of(at, 0, row, last);
        const T* a_row = a + offset_of(at, 1, row, last);
        const T* b_row = b + offset_of(at, 2, row, last);
        const bool contiguous = y_step == 1 && a_step == 1 && b_step == 1;
        long long whole = own.start;
        if (contiguous && aligned(to + own.start) && aligned(a_row + own.start) && aligned(b_row + own.start))
            whole = own.start + (own.end - own.start) / N * N;
        for (long long i = own.start + threadIdx.x * N; i < whole; i += blockDim.x * N) {
            Vector<T> v = load_vector(a_row + i), bv = load_vector(b_row + i);
            for (int k = 0; k < N; k++) v.at[k] = (T)Op::of((W)v.at[k], (W)bv.at[k]);
            store_vector(to + i, v);
        }
        for (long long i = whole + threadIdx.x; i < own.end; i += blockDim.x)
            to[i * y_step] = (T)Op::of((W)a_row[i * a_step], (W)b_row[i * b_step]);
    }
}

// ---- three operands ----------------------------------------------------------------------------------------------

// pointwise ternary, rung 1: one thread computes one element
// What: the thread's number becomes one index a dimension, and these an offset in each operand
// Why: nothing to change yet
// Gain: the reference
// Op: MultiplyAdd Lerp
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void ternary_elementwise(T* y, const T* a, const T* b, const T* c, Layout at, long long n) {
    using W = wide_t<T>;
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[offset_of(at, 0, i, at.dims)] = (T)Op::of((W)a[offset_of(at, 1, i, at.dims)],
                                                    (W)b[offset_of(at, 2, i, at.dims)],
                                                    (W)c[offset_of(at, 3, i, at.dims)]);
}

// pointwise ternary, rung 2: a block computes rows
// What: offsets are worked out once a row; within it each operand has its step, 0 where it is repeated
// Why: no division is left for nearly all elements
// Gain: a factor of 2 to 5
// Host: yes
// Op: MultiplyAdd Lerp
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void ternary_rows(T* y, const T* a, const T* b, const T* c, Layout at, long long rows,
                             long long rows_a_block, long long piece) {
    using W = wide_t<T>;
    const Rows own = rows_of_block(at, rows, rows_a_block, piece);
    const int last = at.dims - 1;
    const long long y_step = step_of(at, 0), a_step = step_of(at, 1), b_step = step_of(at, 2), c_step = step_of(at, 3);
    const unsigned step = blockDim.x;
    for (long long row = own.first; row < own.last; row++) {
        T* to = y + offset_of(at, 0, row, last);
        const T* a_row = a + offset_of(at, 1, row, last);
        const T* b_row = b + offset_of(at, 2, row, last);
        const T* c_row = c + offset_of(at, 3, row, last);
        if (y_step == 1 && a_step == 1 && b_step == 1 && c_step == 1) {
#pragma omp simd
            for (long long i = own.start + threadIdx.x; i < own.end; i += step)
                to[i] = (T)Op::of((W)a_row[i], (W)b_row[i], (W)c_row[i]);
        } else {
            for (long long i = own.start + threadIdx.x; i < own.end; i += step)
                to[i * y_step] = (T)Op::of((W)a_row[i * a_step], (W)b_row[i * b_step], (W)c_row[i * c_step]);
        }
    }
}

// pointwise ternary, rung 3: 16 bytes a load and a store
// What: where all rows are contiguous and aligned, a thread takes 16 bytes of each at once; else as rung 2
// Why: a quarter of the memory instructions, and more bytes under way at once
// Gain: 10 to 30 percent where memory is the bound, most for halves
// Op: MultiplyAdd Lerp
// T: float double __half __nv_bfloat16
template <class Op, class T>
__global__ void ternary_vectorised(T* y, const T* a, const T* b, const T* c, Layout at, long long rows,
                                   long long rows_a_block,
                               long long piece) {
    using W = wide_t<T>;
    constexpr int N = Vector<T>::size;
    const Rows own = rows_of_block(at, rows, rows_a_block, piece);
    const int last = at.dims - 1;
    const long long y_step = step_of(at, 0), a_step = step_of(at, 1), b_step = step_of(at, 2), c_step = step_of(at, 3);
    for (long long row = own.first; row < own.last; row++) {
        T* to = y + offset_of(at, 0, row, last);
        const T* a_row = a + offset_of(at, 1, row, last);
        const T* b_row = b + offset_of(at, 2, row, last);
        const T* c_row = c + offset_of(at, 3, row, last);
        const bool contiguous = y_step == 1 && a_step == 1 && b_step == 1 && c_step == 1;
        long long whole = own.start;
        if (contiguous && aligned(to + own.start) && aligned(a_row + own.start) && aligned(b_row + own.start) &&
            aligned(c_row + own.start))
            whole = own.start + (own.end - own.start) / N * N;
        for (long long i = own.start + threadIdx.x * N; i < whole; i += blockDim.x * N) {
            Vector<T> v = load_vector(a_row + i), bv = load_vector(b_row + i), cv = load_vector(c_row + i);
            for (int k = 0; k < N; k++) v.at[k] = (T)Op::of((W)v.at[k], (W)bv.at[k], (W)cv.at[k]);
            store_vector(to + i, v);
        }
        for (long long i = whole + threadIdx.x; i < own.end; i += blockDim.x)
            to[i * y_step] = (T)Op::of((W)a_row[i * a_step], (W)b_row[i * b_step], (W)c_row[i * c_step]);
    }
}

// ---- choosing -------------------------------------------------------------------------------------------------------

// where, rung 1: one thread chooses one element
// What: y[i] = condition[i] ? a[i] : b[i]; bytes are moved, so T is any type of the right size
// Why: nothing to change yet
// Gain: the reference
// T: char short int double
template <class T>
__global__ void where_elementwise(T* y, const bool* condition, const T* a, const T* b, Layout at, long long n) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[offset_of(at, 0, i, at.dims)] = condition[offset_of(at, 1, i, at.dims)] ? a[offset_of(at, 2, i, at.dims)]
                                                                                 : b[offset_of(at, 3, i, at.dims)];
}

// where, rung 2: a block computes rows
// What: offsets are worked out once a row
// Why: four operands have four divisions a dimension and element
// Gain: a factor of 3 to 6
// Host: yes
// T: char short int double
template <class T>
__global__ void where_rows(T* y, const bool* condition, const T* a, const T* b, Layout at, long long rows,
                           long long rows_a_block, long long piece) {
    const Rows own = rows_of_block(at, rows, rows_a_block, piece);
    const int last = at.dims - 1;
    const long long y_step = step_of(at, 0), c_step = step_of(at, 1), a_step = step_of(at, 2), b_step = step_of(at, 3);
    const unsigned step = blockDim.x;
    for (long long row = own.first; row < own.last; row++) {
        T* to = y + offset_of(at, 0, row, last);
        const bool* c_row = condition + offset_of(at, 1, row, last);
        const T* a_row = a + offset_of(at, 2, row, last);
        const T* b_row = b + offset_of(at, 3, row, last);
        for (long long i = own.start + threadIdx.x; i < own.end; i += step) {
            const T yes = a_row[i * a_step], no = b_row[i * b_step];  // both, so that no thread of a warp goes apart
            to[i * y_step] = c_row[i * c_step] ? yes : no;
        }
    }
}
