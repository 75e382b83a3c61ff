// The geometry of a window that slides over image planes; the fields are written in the order of the array-level side.
#pragma once

struct Window {
    int height, width;              // of an image plane
    int kernel_y, kernel_x;         // taps of the window
    int stride_y, stride_x;         // from one position to the next
    int padding_y, padding_x;       // zeros, or nothing, around the plane
    int dilation_y, dilation_x;     // from one tap to the next
    int out_y, out_x;               // positions along each axis

    __device__ __forceinline__ int taps() const { return kernel_y * kernel_x; }
    __device__ __forceinline__ int positions() const { return out_y * out_x; }
    __device__ __forceinline__ int pixels() const { return height * width; }
};

// The sizes of a grouped convolution: `inputs` and `outputs` channels in every one of `groups`.
struct Channels {
    int images, inputs, outputs, groups;
};

// Along one axis, tap k of position o reads pixel o * stride + k * dilation - padding. The positions whose tap lies
// inside the plane are an interval; these are its two ends.
__device__ __forceinline__ int first_inside(int tap, int stride, int padding, int dilation) {
    int behind = padding - tap * dilation;  // how far position 0 lies before the plane
    return behind > 0 ? (behind + stride - 1) / stride : 0;
}
__device__ __forceinline__ int end_inside(int tap, int size, int stride, int padding, int dilation, int positions) {
    int reach = size - 1 + padding - tap * dilation;  // the last pixel, seen from position 0
    int end = reach < 0 ? 0 : reach / stride + 1;
    return end < positions ? end : positions;
}
