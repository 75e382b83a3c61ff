"""How a kernel is launched that nobody has said anything of, and one with a launch line."""

from __future__ import annotations

import numpy as np
import pytest

from minitorch import kernels
from minitorch.kernels.plan import plan


@pytest.fixture
def kernel(tmp_path):
    def made(parameters, body="", above="", instance="f"):
        path = tmp_path / "own.cu"
        path.write_text(f"{above}\n__global__ void f({parameters}) {{ {body} }}\n".lstrip("\n"))
        kernels.launch._load.cache_clear()
        return kernels.load(path)[instance]

    return made


GUESSES = [
    ("float* x, int n", "", "grid=3 block=128 x=float[300] n=300"),
    ("const float* x, float* y", "", "grid=2 block=128 x=float[256] y=float[256]"),
    ("double* x, int rows, int cols", "", "grid=6 block=128 x=double[765] rows=17 cols=45"),
    ("float* x, int rows, int cols", "x[threadIdx.y] = 0;", "grid=3,3 block=16,16 x=float[765] rows=17 cols=45"),
    ("float* x, int n", "x[blockIdx . y] = 0;", "grid=3,3 block=16,16 x=float[1369] n=37"),
    ("float* a, float* b, int m, int n, int k", "", "grid=174 block=128 a=float[22185] b=float[22185] m=17 n=45 k=29"),
    ("float* x, long long seed, int n", "", "grid=3 block=128 x=float[300] seed=0 n=300"),
    ("float* const* xs, int n, float s", "", "grid=3 block=128 xs=float[300]*3 n=300 s=0.5"),
    ("int* x, int n, bool up", "", "grid=3 block=128 x=int[300] n=300 up=true"),
    ("float* x, int n", "extern __shared__ float s[];", "grid=3 block=128 shared=1024 x=float[300] n=300"),
]


@pytest.mark.parametrize("parameters, body, expected", GUESSES)
def test_what_is_not_said_is_guessed_from_the_parameters(kernel, parameters, body, expected):
    assert str(plan(kernel(parameters, body))) == expected


def test_a_comment_does_not_make_the_launch_two_dimensional(kernel):
    assert str(plan(kernel("float* x, int n", "// threadIdx.y\n"))) == "grid=3 block=128 x=float[300] n=300"


def test_the_line_above_the_kernel_is_followed_and_what_is_given_beats_it(kernel):
    above = "// copies\n// launch: grid=4 block=64,2 shared=512 x=float[500] y=[400] n=77 s=2.5"
    it = kernel("const float* x, double* y, int n, float s", above=above)
    assert str(plan(it)) == "grid=4 block=64,2 shared=512 x=float[500] y=double[400] n=77 s=2.5"
    assert str(plan(it, "grid=9 y=double[9]  s=-1e-3")) == (
        "grid=9 block=64,2 shared=512 x=float[500] y=double[9] n=77 s=-0.001"
    )


def test_a_said_size_changes_the_guessed_arrays_and_blocks(kernel):
    it = kernel("unsigned char* x, int rows, int cols")
    assert str(plan(it, "rows=3 block=32")) == "grid=5 block=32 x=unsigned char[135] rows=3 cols=45"
    assert str(plan(it, "x=unsigned char[7]")) == "grid=6 block=128 x=unsigned char[7] rows=17 cols=45"
    assert str(plan(kernel("float* x"), "grid=5")) == "grid=5 block=128 x=float[640]"


def test_what_a_plan_shows_is_a_plan(kernel):
    it = kernel("const float* x, double* const* y, int n, float s, bool up", "extern __shared__ float q[];")
    assert plan(it, str(plan(it))) == plan(it)


def test_the_arguments_are_the_same_ones_each_time_and_fit_the_kernel(kernel):
    it = kernel(
        "const float* x, int* index, __nv_bfloat16* h, unsigned char* flags, bool* mask, float* const* xs, int n"
    )
    first, second = plan(it, "xs=[5]*2").arguments(), plan(it, "xs=[5]*2").arguments()
    for one, other in zip(first[:5], second[:5]):
        assert one is not other and one.shape == (300,)
        np.testing.assert_array_equal(one.view(np.uint8), other.view(np.uint8))
    assert [each.dtype.name for each in first[:5]] == ["float32", "int32", "bfloat16", "uint8", "bool"]
    assert first[1].min() >= 0 and first[1].max() < 5  # indices into the smallest array
    assert len(first[5]) == 2 and first[5][0].shape == (5,) and first[6] == 300
    assert abs(first[0].std() - 1) < 0.2 and abs(first[0].mean()) < 0.2


@pytest.mark.parametrize(
    "given, words",
    [
        ("z=3", "f has no parameter 'z'; it has x, n, s"),
        ("n", "a launch is described by NAME=VALUE pairs, got 'n'"),
        ("n=", "a launch is described by NAME=VALUE pairs, got 'n'"),
        ("x=3", r"the array x is written x=float\[COUNT\], got '3'"),
        ("s=abc", "s is a number, got 'abc'"),
        ("n=1.5", "n is a whole number, got '1.5'"),
        ("grid=4,a", "grid is a whole number, got 'a'"),
    ],
)
def test_a_launch_that_does_not_fit_is_refused(kernel, given, words):
    with pytest.raises(ValueError, match=words):
        plan(kernel("float* x, int n, float s"), given)


def test_a_struct_cannot_be_made_up(kernel):
    with pytest.raises(ValueError, match="no value can be made up for the parameter 'Plan p' of f"):
        plan(kernel("float* x, Plan p"))
