// The rules of conversion, the same on every processor: Cast<To>::of(x).
//
// Between floats: round to nearest, ties to even; too large becomes infinity. double goes to the halves through float.
// Integers among each other: the low bits are kept. To bool: whether it is not zero (nan is true).
// Floats to integers: towards zero. What does not fit is undefined in C++; here it is what the conversion instructions of
// NVIDIA's GPUs give, to which PyTorch leaves it: the nearest integer of 32 or 64 bits; nan becomes 0, or the lowest
// integer where double or a 64-bit integer takes part. Smaller integers are the low bits of that, uint8 of 64 bits.
// Complex to real drops the imaginary part.
#pragma once
#include "numeric.cuh"

template <class T> struct alignas(2 * sizeof(T)) Complex { T real, imag; };
using complex64 = Complex<float>;
using complex128 = Complex<double>;
template <class T> struct alignas(4 * sizeof(T)) Four { T at[4]; };

template <class A, class B> constexpr bool same = false;
template <class A> constexpr bool same<A, A> = true;
template <class T> constexpr bool is_complex = false;
template <class T> constexpr bool is_complex<Complex<T>> = true;
template <class T> constexpr bool is_half = same<T, __half> || same<T, __nv_bfloat16>;
template <class T> constexpr bool is_float = same<T, float> || same<T, double>;
template <class T> constexpr bool goes_through_64_bits =
    sizeof(T) == 8 || same<T, unsigned> || same<T, unsigned char>;

// A float or double as a signed integer I of 32 or 64 bits.
template <class I, class W> __device__ __forceinline__ I saturated(W x) {
    constexpr I lowest = (I)(1ull << (8 * sizeof(I) - 1)), highest = ~lowest;
    constexpr W limit = sizeof(I) == 8 ? (W)9223372036854775808.0 : (W)2147483648.0;
    if (x != x) return sizeof(I) == 8 || sizeof(W) == 8 ? lowest : I(0);
    return x >= limit ? highest : x < -limit ? lowest : (I)x;
}

template <class To, class From> __device__ __forceinline__ To cast(From x) {
    if constexpr (is_complex<From>) {
        if constexpr (is_complex<To>) return {(decltype(To::real))x.real, (decltype(To::imag))x.imag};
        else if constexpr (same<To, bool>) return x.real != 0 || x.imag != 0;
        else return cast<To>(x.real);
    }
    else if constexpr (is_half<From>) return cast<To>((float)x);
    else if constexpr (is_complex<To>) return {cast<decltype(To::real)>(x), 0};
    else if constexpr (same<To, bool>) return x != From(0);
    else if constexpr (is_half<To>) return (To)(float)x;
    else if constexpr (is_float<To> || !is_float<From>) return (To)x;
    else if constexpr (goes_through_64_bits<To>) return (To)saturated<long long>(x);
    else return (To)saturated<int>(x);
}
