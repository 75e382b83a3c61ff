// cuda_on_cpu.h -- lets a C++ compiler turn a CUDA C file into a library that runs its kernels on the CPU.
//
//   g++ -std=c++17 -O3 -fPIC -shared -x c++ -include cuda_on_cpu.h unit.cu -o unit.so
//
// A GPU runs the threads of a block at once; here one OS thread runs a whole block, in one of two ways:
//
//   no barrier, no warp intrinsic    for (z...) for (y...) for (x...) kernel(...);    plain loops: the compiler
//                                                                                     inlines the kernel and vectorises
//   otherwise                        every thread is a fiber with a stack of its own. It runs until it must wait for
//                                    others, then the scheduler switches to the next one: about ten nanoseconds
//
// Blocks know nothing of each other, so that several OS threads may take blocks from one launch.
//
//   language.h   __global__, __shared__, threadIdx and the like        numbers.h   functions of one number, bit casts
//   errors.h     leaving a kernel with a message                       vectors.h   float4, int2 and their kind
//   watch.h      checked builds: every access is looked at             half.h      __half and __nv_bfloat16
//   races.h      checked builds: who touched this word before?         vector_math.h   exp, tanh, erf that vectorise
//   traps.h      checked builds: what the compiler's own checks find   atomics.h   atomicAdd, fences
//   signals.h    checked builds: bad addresses, endless loops
//   fibers.h     switching stacks                                      block.h     the scheduler and the barrier
//   warp.h       shuffles, votes                                       launch.h    a grid of blocks, what is exported
//
// -DEMU_CHECKED (with -g -fsanitize=thread): the build of the debug and race modes. Linux, x86-64 and aarch64.
#pragma once
#if !defined(__linux__) || !(defined(__x86_64__) || defined(__aarch64__))
#error "cuda_on_cpu.h runs on Linux on x86-64 and aarch64: fibers.h and signals.h know no other system"
#endif
#include <math.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <csetjmp>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <numeric>
#include <tuple>
#include <type_traits>
#include <utility>
#include <sched.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include "language.h"
#include "errors.h"
#ifdef EMU_CHECKED
#include <map>
#include <vector>
#include <sys/syscall.h>
#include "races.h"
#include "watch.h"
#include "traps.h"
#endif
#include "fibers.h"
#include "block.h"
#ifdef EMU_CHECKED
#include "signals.h"
#endif
#include "launch.h"
#include "numbers.h"
#include "vectors.h"
#include "half.h"
#include "warp.h"
#include "atomics.h"
#include "vector_math.h"  // last: its macros carry the names of the C library
