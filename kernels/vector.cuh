// Loads and stores of 16 bytes: what a GPU's thread can move with one instruction, four floats or eight halves.
//
// A warp then asks for 512 bytes at once instead of 128: a quarter of the instructions, and more bytes under way to hide
// the memory's latency. The address must be a multiple of 16 bytes: `aligned` says whether it is.
#pragma once

template <class T> struct alignas(16) Vector {
    static constexpr int size = 16 / sizeof(T);
    T at[size];
};

template <class T> __device__ __forceinline__ bool aligned(const T* p) { return (size_t)p % 16 == 0; }

template <class T> __device__ __forceinline__ Vector<T> load_vector(const T* p) { return *(const Vector<T>*)p; }

template <class T> __device__ __forceinline__ void store_vector(T* p, const Vector<T>& v) { *(Vector<T>*)p = v; }
