"""Every barrier is needed, and the checks notice when one is missing."""

from __future__ import annotations

import pytest

from minitorch.kernels.compiler import kernel_folder
from minitorch.kernels.mutation import barriers, without

ON_A_GPU_ONLY = {"matmul_tensor_core.cu"}
# These make a function safe to be called twice in one block, which no kernel does yet.
FOR_A_SECOND_CALL = {("welford.cuh", "block_moments", 1)}
ALL = [
    barrier
    for path in sorted([*kernel_folder().glob("*.cu"), *kernel_folder().glob("*.cuh")])
    if path.name not in ON_A_GPU_ONLY
    for number, barrier in enumerate(barriers(path))
    if (path.name, barrier.function, number) not in FOR_A_SECOND_CALL
]


@pytest.mark.parametrize("barrier", ALL, ids=str)
def test_somebody_notices_if_a_barrier_is_deleted(barrier):
    assert without(barrier), f"nothing misses {barrier}: it is superfluous, or the ladder's example is too small"


def test_barriers_are_found_in_headers_too():
    assert {"block_reduce.cuh"} <= {barrier.path.name for barrier in ALL}


def test_a_deleted_barrier_leaves_the_project_as_it_was():
    barrier = next(each for each in ALL if each.path.name == "block_reduce.cuh")
    before = {path: path.read_bytes() for path in kernel_folder().rglob("*") if path.is_file()}
    without(barrier)
    assert before == {path: path.read_bytes() for path in kernel_folder().rglob("*") if path.is_file()}


def test_a_barrier_in_a_comment_is_none(tmp_path):
    path = tmp_path / "one.cu"
    path.write_text(
        "// __syncthreads();\n__global__ void k(float* x) {\n"
        "    x[0] = 1;  // __syncthreads();\n    __syncthreads();\n}\n"
    )
    (found,) = barriers(path)
    assert str(found) == "one.cu:4 __syncthreads(); in k"
