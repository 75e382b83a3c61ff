// Elementary functions that g++ and clang++ can vectorise: exp, expm1, log, log1p, tanh, erf of float and double.
//
// A call of the C library's expf in a loop is one call for each element. The functions here have no branch, no table
// and no call, so that a loop around them becomes vector instructions: 8 or 16 floats at once, on any processor and with any
// C library. (glibc's libmvec is as fast, but on few systems, and measured up to 4.0 ulp off: exp 2.6, log 3.9, erf 4.0.)
//
//     exp(x) = 2^n exp(r),   n = x / log 2 rounded to an integer,   |r| <= (log 2) / 2: a polynomial
//     log(x) = k log 2 + log(m),   x = 2^k m,   2/3 <= m < 4/3
//     tanh(x) = x + x^3 P(x^2) for |x| < 0.625,   1 - 2 / (exp(2 |x|) + 1) behind
//     erf(x) = x + x P(x^2) for small |x|,   1 - erfc(|x|) behind; erfc(x) = 2^(-x Q(x)), or exp(-x^2) Q(x)
//
// The polynomials interpolate at Chebyshev's nodes or are least-squares fits with weights (Lawson's method).
// Largest error found, in units in the last
// place (python tests/vector_math_error.py; every float, of log1p, tanh and erf every 256th; millions of doubles):
//
//     float     exp 1.1   expm1 1.7   log 0.9   log1p 1.5   tanh 1.3   erf 1.3
//     double    exp 1.1   expm1 2.3   log 1.2   log1p 1.6   tanh 1.4   erf 1.0
#pragma once
#include <cstdint>
#include <cstring>

#define VECTOR_MATH inline __attribute__((always_inline))

namespace vector_math {

template <class To, class From> VECTOR_MATH To bits(From x) {
  static_assert(sizeof(To) == sizeof(From), "bits are read as a type of the same size");
  To y;
  memcpy(&y, &x, sizeof y);
  return y;
}

// c + c1 x + c2 x^2 + ..., by Horner's rule; a template, so that no loop stands inside the loop over elements
template <class T> VECTOR_MATH T polynomial(T, T c) { return c; }
template <class T, class... Rest> VECTOR_MATH T polynomial(T x, T c, Rest... rest) {
  return polynomial(x, rest...) * x + c;
}

VECTOR_MATH float magnitude(float x) { return __builtin_fabsf(x); }
VECTOR_MATH double magnitude(double x) { return __builtin_fabs(x); }
VECTOR_MATH float with_sign(float x, float sign) { return __builtin_copysignf(x, sign); }
VECTOR_MATH double with_sign(double x, double sign) { return __builtin_copysign(x, sign); }

// ---- what differs between float and double --------------------------------------------------------------------------

template <class T> struct Number;

template <> struct Number<float> {
  using Bits = uint32_t;
  static constexpr int fraction_bits = 23, bias = 127;
  static constexpr float to_integer = 12582912.0f;  // 1.5 * 2^23: adding it rounds; the low bits hold the integer
  static constexpr float log_2_high = 0.693145751953125f, log_2_low = 1.42860682e-6f, per_log_2 = 1.44269504f;
  static constexpr float exp_is_zero = -104.0f, exp_is_infinite = 89.0f, expm1_is_minus_one = -18.0f;
  static constexpr float smallest_normal = 1.17549435e-38f, two_thirds = 0.666666667f;
  static constexpr float tanh_is_one = 10.0f, erf_is_one = 4.0f, erf_is_smooth = 0.8f;

  static VECTOR_MATH float exp_remainder(float r) {  // (exp(r) - 1 - r) / r^2
    return polynomial(r, 5.000000000e-01f, 1.666657699e-01f, 4.166655462e-02f, 8.363179053e-03f, 1.392618359e-03f);
  }
  static VECTOR_MATH float log_near_one(float f) {  // log(1 + f), |f| <= 1/3
    float p = polynomial(f, 3.333333333e-01f, -2.499994419e-01f, 1.999994835e-01f, -1.667331625e-01f, 1.429186718e-01f,
                         -1.228872161e-01f, 1.091565479e-01f, -1.242220058e-01f, 1.133061739e-01f);
    return f * f * (f * p - 0.5f) + f;
  }
  static VECTOR_MATH float tanh_remainder(float square) {  // (tanh(x) / x - 1) / x^2, |x| < 0.625
    return polynomial(square, -3.333333317e-01f, 1.333330343e-01f, -5.395922856e-02f, 2.176866633e-02f,
                      -8.343119639e-03f, 2.291809421e-03f);
  }
  static VECTOR_MATH float erf_remainder(float square) {  // erf(x) / x - 1, |x| < 0.8
    return polynomial(square, 1.283791640e-01f, -3.761260382e-01f, 1.128314285e-01f, -2.682210897e-02f,
                      5.087440150e-03f, -6.549596102e-04f);
  }
  static VECTOR_MATH float erfc_tail(float x);  // 1 <= x <= erf_is_one
};

template <> struct Number<double> {
  using Bits = uint64_t;
  static constexpr int fraction_bits = 52, bias = 1023;
  static constexpr double to_integer = 6755399441055744.0;
  static constexpr double log_2_high = 6.93147180369123816490e-01, log_2_low = 1.90821492927058770002e-10;
  static constexpr double per_log_2 = 1.44269504088896340736;
  static constexpr double exp_is_zero = -746.0, exp_is_infinite = 710.0, expm1_is_minus_one = -38.0;
  static constexpr double smallest_normal = 2.2250738585072014e-308, two_thirds = 0.66666666666666667;
  static constexpr double tanh_is_one = 20.0, erf_is_one = 6.0, erf_is_smooth = 1.0;

  static VECTOR_MATH double exp_remainder(double r) {
    return polynomial(r, 5.00000000000000111e-01, 1.66666666666666685e-01, 4.16666666666241289e-02,
                      8.33333333333006153e-03, 1.38888889172137167e-03, 1.98412698630536177e-04,
                      2.48015212959543761e-05, 2.75572684599970641e-06, 2.76200884454097462e-07,
                      2.51003854955103203e-08);
  }
  static VECTOR_MATH double log_near_one(double f) {  // by s = f / (2 + f): log(1 + f) = 2 atanh(s)
    double s = f / (2.0 + f), square = s * s, half = 0.5 * f * f;
    double rest = square * polynomial(square, 6.66666666666666630e-01, 4.00000000000079403e-01, 2.85714285672759361e-01,
                                      2.22222230483515887e-01, 1.81817376263029379e-01, 1.53888678056137179e-01,
                                      1.32097082420594619e-01, 1.36090302628584986e-01);
    return f - (half - s * (half + rest));
  }
  static VECTOR_MATH double tanh_remainder(double square) {
    return polynomial(square, -3.33333333333333315e-01, 1.33333333333330389e-01, -5.39682539678938422e-02,
                      2.18694885188735547e-02, -8.86323510029706461e-03, 3.59212171378755487e-03,
                      -1.45577511739837994e-03, 5.89659170430803341e-04, -2.37585840397917228e-04,
                      9.25615303651674436e-05, -3.11902274378155134e-05, 6.47987291895110938e-06);
  }
  static VECTOR_MATH double erf_remainder(double square) {
    return polynomial(square, 1.28379167095512559e-01, -3.76126389031835429e-01, 1.12837916709450065e-01,
                      -2.68661706432377703e-02, 5.22397760711642255e-03, -8.54832597538969182e-04,
                      1.20552949048397074e-04, -1.49247369074196605e-05, 1.64474247033173623e-06,
                      -1.62084838018717052e-07, 1.37200645467776862e-08, -7.79589882700214246e-10);
  }
  static VECTOR_MATH double erfc_tail(double x);
};

// ---- exp ------------------------------------------------------------------------------------------------------------

// x = n log 2 + r. Returns n, with `times` exponent biases added, in its low bits; nan goes into r.
template <int times, class T> VECTOR_MATH typename Number<T>::Bits reduce(T x, T& r) {
  using N = Number<T>;
  constexpr T to_integer = N::to_integer + T(times * N::bias);
  T shifted = x * N::per_log_2 + to_integer, n = shifted - to_integer;
  r = x - n * N::log_2_high - n * N::log_2_low;
  return bits<typename N::Bits>(shifted);
}

// 2^(e - bias): e, the low bits, becomes the exponent of a normal number; what stands above it is shifted out
template <class T> VECTOR_MATH T with_exponent(typename Number<T>::Bits e) {
  return bits<T>(e << Number<T>::fraction_bits);
}

template <class T> VECTOR_MATH T exp_of_remainder(T r) { return r * r * Number<T>::exp_remainder(r) + r + T(1); }

// exp(x) where 2^n is a normal number: |x| < 87 for float, 708 for double
template <class T> VECTOR_MATH T exponential_within_range(T x) {
  T r;
  auto exponent = reduce<1>(x, r);
  return exp_of_remainder(r) * with_exponent<T>(exponent);
}

template <class T> VECTOR_MATH T exponential(T x) {
  using N = Number<T>;
  x = x < N::exp_is_zero ? N::exp_is_zero : x;
  x = x > N::exp_is_infinite ? N::exp_is_infinite : x;
  T r;
  // 2^n in two factors, so that what is below the normal numbers is rounded once
  auto both = reduce<2>(x, r), half = both >> 1;
  return exp_of_remainder(r) * with_exponent<T>(half) * with_exponent<T>(both - half);
}

// exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1), in halves so that 2^n does not overflow before the result does
template <class T> VECTOR_MATH T exponential_minus_one(T x) {
  using N = Number<T>;
  T bounded = x < N::expm1_is_minus_one ? N::expm1_is_minus_one : x;
  bounded = bounded > N::exp_is_infinite ? N::exp_is_infinite : bounded;
  T r;
  T scale = with_exponent<T>(reduce<1>(bounded, r) - 1), change = r * r * N::exp_remainder(r) + r;
  return with_sign(T(2) * (scale * change + (scale - T(0.5))), x);
}

template <class T> VECTOR_MATH T hyperbolic_tangent(T x) {
  using N = Number<T>;
  T size = magnitude(x), square = x * x, bounded = size > N::tanh_is_one ? N::tanh_is_one : size;
  T inner = x + x * (square * N::tanh_remainder(square));
  T outer = T(1) - T(2) / (exponential_within_range(T(2) * bounded) + T(1));
  return with_sign(size < T(0.625) ? inner : outer, x);
}

// ---- log ------------------------------------------------------------------------------------------------------------

template <class T> VECTOR_MATH T logarithm(T x) {
  using N = Number<T>;
  using Bits = typename N::Bits;
  constexpr int F = N::fraction_bits;
  const T two_to_fraction = bits<T>(Bits(N::bias + F) << F), infinite = T(1) / T(0);
  bool tiny = x < N::smallest_normal;
  T normal = tiny ? x * two_to_fraction : x;
  Bits exponent = (bits<Bits>(normal) + (bits<Bits>(T(1)) - bits<Bits>(N::two_thirds))) >> F;  // biased
  T m = bits<T>(bits<Bits>(normal) - ((exponent - N::bias) << F));
  T k = bits<T>(exponent | bits<Bits>(two_to_fraction)) - (two_to_fraction + T(N::bias));
  k = tiny ? k - T(F) : k;
  T result = k * N::log_2_high + (k * N::log_2_low + N::log_near_one(m - T(1)));
  result = x == T(0) ? -infinite : result;
  result = x < infinite ? result : x;  // inf and nan
  return x < T(0) ? bits<T>(Bits(-1) >> 1) : result;
}

// log(1 + x): what 1 + x rounds away, over 1 + x, is added again
template <class T> VECTOR_MATH T logarithm_of_one_plus(T x) {
  T sum = T(1) + x, lost = x - (sum - T(1));
  T result = logarithm(sum) + (sum > T(0) && sum < T(1) / T(0) ? lost / sum : T(0));
  return x == T(0) ? x : result;
}

// ---- erf ------------------------------------------------------------------------------------------------------------

VECTOR_MATH float Number<float>::erfc_tail(float x) {  // erfc(x) = 2^(-x Q(x)), and 2^f = 1 + f P(f)
  float power = -x * polynomial(x, 1.628130396e+00f, 9.170502455e-01f, 1.519910927e-01f, -3.310800831e-02f,
                                4.664979537e-03f, -3.120018103e-04f);
  float shifted = power + (to_integer + float(bias)), f = power - (shifted - (to_integer + float(bias)));
  float p = polynomial(f, 6.931472029e-01f, 2.402264791e-01f, 5.550332466e-02f, 9.618437364e-03f, 1.339887646e-03f,
                       1.535336482e-04f);
  return (1.0f + f * p) * with_exponent<float>(bits<uint32_t>(shifted));
}

VECTOR_MATH double Number<double>::erfc_tail(double x) {  // erfc(x) = exp(-x^2) P(t), t = (x - 3) / (x + 3)
  double t = (x - 3.0) / (x + 3.0);
  double p = polynomial(t, 1.79001151181389956e-01, -3.26233560043037163e-01, 2.45603801712331954e-01,
                        -1.50115936500787445e-01, 7.16658371977487441e-02, -2.43924993182731940e-02,
                        4.26913634750825631e-03, 7.07746444390153781e-04, -5.97062351709328420e-04,
                        4.52547263548335434e-05, 6.40618207353054646e-05, -1.28488945125235294e-05,
                        -8.00802131941268479e-06, 2.02360317964175682e-06, 1.28019008629626616e-06);
  return exponential_within_range(-x * x) * p;
}

template <class T> VECTOR_MATH T error_function(T x) {
  using N = Number<T>;
  T size = magnitude(x);
  T bounded = size > N::erf_is_one ? N::erf_is_one : size;
  T inner = x + x * N::erf_remainder(x * x), outer = with_sign(T(1) - N::erfc_tail(bounded), x);
  return size < N::erf_is_smooth ? inner : outer;
}

}  // namespace vector_math

// ---- under the names of CUDA C --------------------------------------------------------------------------------------
// Macros, because the C library's functions have the same names and signatures.

#define exp(...) vector_math::exponential(__VA_ARGS__)
#define expf(...) vector_math::exponential(float(__VA_ARGS__))
#define __expf(...) vector_math::exponential(float(__VA_ARGS__))
#define expm1(...) vector_math::exponential_minus_one(__VA_ARGS__)
#define expm1f(...) vector_math::exponential_minus_one(float(__VA_ARGS__))
#define log(...) vector_math::logarithm(__VA_ARGS__)
#define logf(...) vector_math::logarithm(float(__VA_ARGS__))
#define __logf(...) vector_math::logarithm(float(__VA_ARGS__))
#define log1p(...) vector_math::logarithm_of_one_plus(__VA_ARGS__)
#define log1pf(...) vector_math::logarithm_of_one_plus(float(__VA_ARGS__))
#define tanh(...) vector_math::hyperbolic_tangent(__VA_ARGS__)
#define tanhf(...) vector_math::hyperbolic_tangent(float(__VA_ARGS__))
#define erf(...) vector_math::error_function(__VA_ARGS__)
#define erff(...) vector_math::error_function(float(__VA_ARGS__))
