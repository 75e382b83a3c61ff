// Where the elements of a batch of matrices lie: strides between matrices, rows and columns, counted in elements.
#pragma once

struct Matrices {
    long long batch_stride, row_stride, column_stride;
};
