// Activation functions: the value, and the gradient from the gradient of the result. a, b, c: the function's numbers.
//
//     struct Name {
//         value(x, a, b, c)              f(x)
//         gradient(g, x, a, b, c)        g f'(x), of the input x; of the result where the comment says so
//     };
//
// W is the type that is computed in, float or double. Comparisons are written so that nan goes through.
#pragma once
#include "numeric.cuh"

template <class W> __device__ __forceinline__ W logistic(W x) { return W(1) / (W(1) + exp(-x)); }

// ---- made of straight pieces ----------------------------------------------------------------------------------------

struct Relu {  // gradient: of the result or of the input; a: the threshold, 0
    template <class W> static __device__ W value(W x, W, W, W) { return x < W(0) ? W(0) : x; }
    template <class W> static __device__ W gradient(W g, W y, W a, W, W) { return y <= a ? W(0) : g; }
};

struct LeakyRelu {  // a: the slope of the negative side
    template <class W> static __device__ W value(W x, W a, W, W) { return x > W(0) ? x : x * a; }
    template <class W> static __device__ W gradient(W g, W x, W a, W, W) { return x > W(0) ? g : g * a; }
};

struct Hardtanh {  // a, b: the bounds
    template <class W> static __device__ W value(W x, W a, W b, W) { return x < a ? a : x > b ? b : x; }
    template <class W> static __device__ W gradient(W g, W x, W a, W b, W) { return x <= a || x >= b ? W(0) : g; }
};

struct Hardsigmoid {
    template <class W> static __device__ W value(W x, W, W, W) {
        return Hardtanh::value(x + W(3), W(0), W(6), W(0)) / W(6);
    }
    template <class W> static __device__ W gradient(W g, W x, W, W, W) {
        return x > W(-3) && x < W(3) ? g * W(0.1666666716337204) : W(0);
    }
};

struct Hardswish {
    template <class W> static __device__ W value(W x, W, W, W) {
        return x * Hardtanh::value(x + W(3), W(0), W(6), W(0)) / W(6);
    }
    template <class W> static __device__ W gradient(W g, W x, W, W, W) {
        return x <= W(-3) ? W(0) : x < W(3) ? g * (x / W(3) + W(0.5)) : g;
    }
};

// ---- smooth ---------------------------------------------------------------------------------------------------------

struct Sigmoid {  // gradient: of the result
    template <class W> static __device__ W value(W x, W, W, W) { return logistic(x); }
    template <class W> static __device__ W gradient(W g, W y, W, W, W) { return g * (W(1) - y) * y; }
};

struct Tanh {  // gradient: of the result
    template <class W> static __device__ W value(W x, W, W, W) { return tanh(x); }
    template <class W> static __device__ W gradient(W g, W y, W, W, W) { return g * (W(1) - y * y); }
};

struct Silu {  // x s(x), s the logistic function
    template <class W> static __device__ W value(W x, W, W, W) { return x / (W(1) + exp(-x)); }
    template <class W> static __device__ W gradient(W g, W x, W, W, W) {
        W s = logistic(x);
        return g * s * (W(1) + x * (W(1) - s));
    }
};

struct Gelu {  // x P(x), P the normal distribution function
    template <class W> static __device__ W share(W x) { return W(0.5) * (W(1) + erf(x * W(0.70710678118654752440))); }
    template <class W> static __device__ W value(W x, W, W, W) { return x * share(x); }
    template <class W> static __device__ W gradient(W g, W x, W, W, W) {
        W density = exp(W(-0.5) * x * x) * W(0.39894228040143267794);
        return g * (share(x) + x * density);
    }
};

struct GeluTanh {  // P by x/2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
    template <class W> static __device__ W inner(W x) {
        return W(0.79788456080286535588) * (x + W(0.044715) * x * x * x);
    }
    template <class W> static __device__ W value(W x, W, W, W) { return W(0.5) * x * (W(1) + tanh(inner(x))); }
    template <class W> static __device__ W gradient(W g, W x, W, W, W) {
        W t = tanh(inner(x));
        W slope = W(0.79788456080286535588) * (W(1) + W(3) * W(0.044715) * x * x);
        return g * W(0.5) * (W(1) + t + x * (W(1) - t * t) * slope);
    }
};

struct Mish {  // x tanh(log(1 + w)), w = exp(x): x n / (n + 2), n = w (w + 2)
    template <class W> static __device__ W power(W x) { return exp(x > W(20) ? W(20) : x); }
    template <class W> static __device__ W value(W x, W, W, W) {
        W w = power(x), n = w * (w + W(2));
        return x * (n / (n + W(2)));
    }
    template <class W> static __device__ W gradient(W g, W x, W, W, W) {
        W w = power(x), n = w * (w + W(2)), inverse = W(1) / (n + W(2));
        return g * (n * inverse + x * (W(4) * w * inverse) * ((W(1) + w) * inverse));
    }
};

struct Softplus {  // log(1 + exp(a x)) / a, and x where a x > b
    template <class W> static __device__ W value(W x, W a, W b, W) {
        return x * a > b ? x : log1p(exp(x * a)) / a;
    }
    template <class W> static __device__ W gradient(W g, W x, W a, W b, W) {
        return x * a > b ? g : g * logistic(x * a);
    }
};

struct LogSigmoid {  // log s(x)
    template <class W> static __device__ W value(W x, W, W, W) {
        return (x > W(0) ? W(0) : x) - log1p(exp(x < W(0) ? x : -x));
    }
    template <class W> static __device__ W gradient(W g, W x, W, W, W) { return g * logistic(-x); }
};

struct Elu {  // b x for positive x, else a (exp(c x) - 1)
    template <class W> static __device__ W value(W x, W a, W b, W c) {
        return x > W(0) ? x * b : expm1((x > W(0) ? W(0) : x) * c) * a;
    }
    template <class W> static __device__ W gradient(W g, W x, W a, W b, W c) {
        return x > W(0) ? g * b : g * (exp((x > W(0) ? W(0) : x) * c) * (a * c));
    }
};
