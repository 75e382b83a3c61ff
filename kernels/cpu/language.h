// The words that CUDA C adds to C++.
#pragma once

#define __CUDA_ON_CPU__ 1
#define __device__
#define __host__
#define __managed__
#define __constant__ static
#define __grid_constant__
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __noinline__ __attribute__((noinline))
#define __shared__ static thread_local  // one block at a time on an OS thread, so one copy for each of these
// (`extern __shared__ T name[];` cannot be said in C++: the launcher writes `T* name =
// emu::dynamic_shared<T>("name");`)
#ifdef EMU_CHECKED
#define __global__
#define __forceinline__ inline
#else
#define __global__ inline  // into the loop over a block's threads
#define __forceinline__ inline __attribute__((always_inline))
#endif
#define EMU_FN inline __attribute__((always_inline))
#define EMU_API extern "C" __attribute__((visibility("default")))

struct uint3 { unsigned x, y, z; };
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
};

// Nothing takes the address of these: so the compiler knows that no store through a pointer changes them, and a loop
// over `blockDim.x` can be vectorised.
static thread_local uint3 threadIdx, blockIdx;
static thread_local dim3 blockDim, gridDim;
static constexpr int warpSize = 32;

// Where in the source a call stands. EMU_CALLER as the last parameters of a function are filled in at the call.
struct Place { const char* file; int line; };
#define EMU_CALLER const char *file = __builtin_FILE(), int line = __builtin_LINE()
