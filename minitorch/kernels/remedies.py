"""What usually mends a kernel, by what a checking mode says of it: the advice that ``check.py`` gives."""

from __future__ import annotations

import re

_REMEDIES = {
    r"cannot open source file .(c?std\w+|c?assert|c?math|c?float|c?limits|iostream|algorithm)": (
        "NVRTC has none of the host's headers. printf, assert and the functions of math.h are there without them: drop "
        "the #include. Constants such as CUDART_INF_F come from <math_constants.h>."
    ),
    r"identifier .u?int\d+_t. is undefined": "NVRTC has no <cstdint>: write unsigned, long long, unsigned char.",
    r"host functions are not allowed|considered a host function": (
        "Write __device__ before a function that a kernel calls. A .cu file of this project has no host code: no main, "
        "no <<<...>>>; Python launches the kernels."
    ),
    r"no such instruction|Assembler messages|impossible constraint in 'asm'": (
        "Inline PTX is the GPU's own assembler and cannot run on a CPU. Write it in CUDA C, or put the kernel into a "
        "file of its own with '// Needs: sm_80' above it: then it is compiled for the GPU alone."
    ),
    r"(mma|cuda_pipeline|cooperative_groups|cuda_fp8|cub/\S+|cuda/\S+)(\.h|\.cuh)?. ?: No such file|wmma|tex[123]D": (
        "Tensor cores, asynchronous copies, cooperative groups and textures do not run on the CPU. Put the kernel into "
        "a file of its own with '// Needs: sm_80' above it: then it is compiled for the GPU alone."
    ),
    r"index -\d+ of": (
        "An index below zero: the first element has no neighbour before it. Guard the access with 'if (i > 0)'."
    ),
    r"of shared \w+ .*out of bounds": (
        "Shared memory has fewer elements than are used: declare as many as the block has threads, and some for the "
        "neighbours; 'extern __shared__' has the bytes that the launch gives (shared=, in Python shared_mem=)."
    ),
    r"out of bounds for an array of type": (
        "An array that the kernel declares is too small for its largest index: give it an element for each thread of a "
        "block, and for the neighbours that are read too."
    ),
    r"out of bounds|belongs to no array": (
        "The last block has more threads than there are elements left: guard the access with 'if (i < n)'. In a loop, "
        "look at its last index; with several dimensions, at which index is multiplied by which size."
    ),
    r"no thread of the block has written|uninitiali[sz]ed": (
        "Shared memory holds garbage when a block starts: let the threads fill it, then __syncthreads(), then read it."
    ),
    r"deadlock|wait forever|divergent": (
        "Every thread of a block must reach the same __syncthreads(). Move the barrier out of the 'if', and do not "
        "return before it: let threads without an element skip the work, not the barrier."
    ),
    r"lanes of a warp|own mask": (
        "A warp intrinsic must be reached by exactly the lanes that its mask names, all with the same mask."
    ),
    r"\brace|nothing orders": (
        "In one block, put __syncthreads() between the write and the read (also at the end of a loop that uses the "
        "same shared memory again). Between blocks only atomics or a second kernel can order them; threads that "
        "add to one element need atomicAdd."
    ),
    r"which is const": "Drop the 'const', or write elsewhere: readers of a const array may be given old values.",
    r"division by zero": "Check the divisor; if it is a size that was made up here, say which in a launch line.",
    r"null pointer": "The argument is None, or an address was computed from an array that was not passed.",
    r"misaligned": (
        "A vector load such as float4 needs an address that is a multiple of its size: treat the first elements apart."
    ),
    r"stack overflow": "A thread's own arrays are too large, or a function calls itself without an end.",
    r"still running|endless loop": "A loop's condition never becomes false, or a thread waits for a later block.",
    r"assertion failed": "The kernel's own assert says so.",
}

DISAGREE = (
    "The result depends on which thread runs first: a barrier is missing between a write and a read of another "
    "thread's element, or several threads write the same element without atomics."
)
UNDEFINED = (
    "Optimised code differs only where the program is undefined: memory that nobody wrote, a variable that was never "
    "set, an index beyond an array."
)


def remedy(message: str) -> str:
    """What usually mends what ``message`` says; "" if nothing can be said in general."""
    return next((words for pattern, words in _REMEDIES.items() if re.search(pattern, message)), "")
