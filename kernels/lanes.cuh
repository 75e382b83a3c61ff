// Lanes: neighbouring numbers that are computed together, as many as a vector register of a CPU holds. On a GPU the
// threads of a warp are the lanes, and these are just four numbers of one thread.
#pragma once

template <class T> struct Lanes {
#ifdef __CUDA_ON_CPU__
    static constexpr int count = 64 / sizeof(T);
    typedef T Vector __attribute__((vector_size(64)));
    typedef T Anywhere __attribute__((vector_size(64), aligned(sizeof(T)), may_alias));
    Vector value;

    __device__ __forceinline__ void load(const T* from) { value = *(const Anywhere*)from; }
    __device__ __forceinline__ void store(T* to) const { *(Anywhere*)to = value; }
    __device__ __forceinline__ void fill(T number) { value = Vector{} + number; }
    __device__ __forceinline__ void add_product(const Lanes& a, T b) { value += a.value * b; }
#else
    static constexpr int count = 4;
    T value[count];

    __device__ __forceinline__ void load(const T* from) {
        for (int i = 0; i < count; i++) value[i] = from[i];
    }
    __device__ __forceinline__ void store(T* to) const {
        for (int i = 0; i < count; i++) to[i] = value[i];
    }
    __device__ __forceinline__ void fill(T number) {
        for (int i = 0; i < count; i++) value[i] = number;
    }
    __device__ __forceinline__ void add_product(const Lanes& a, T b) {
        for (int i = 0; i < count; i++) value[i] += a.value[i] * b;
    }
#endif
};
