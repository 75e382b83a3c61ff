"""Random numbers of a CUDA device: PyTorch's for PyTorch's seeds, wherever somebody has printed them.

The values below were printed by PyTorch on real GPUs and published in its issue tracker; the numbers of the issues
stand beside them. Where a GPU's count of multiprocessors matters, the emulated device pretends to be that GPU.
"""

from __future__ import annotations

import copy
import dataclasses
import pickle

import numpy as np
import pytest
import torch as pytorch

import minitorch as torch
from minitorch import kernels
from minitorch.core.cuda import generator as generators
from minitorch.core.cuda import properties


def on_device(seed):
    return torch.Generator("cuda").manual_seed(seed)


def host(tensor):
    return tensor.detach().cpu().numpy()


@pytest.fixture
def gpu_with(emulated, monkeypatch):
    """The emulated device has so many multiprocessors of so many threads."""

    def pretend(multiprocessors, threads):
        gpu = properties.emulated_properties()
        gpu = dataclasses.replace(gpu, multi_processor_count=multiprocessors, max_threads_per_multi_processor=threads)
        monkeypatch.setattr(properties, "emulated_properties", lambda: gpu)

    return pretend


@pytest.fixture(params=["kernels", "twins"])
def by(request):
    """Drawn by kernels, and, on an emulated device, by their twins in NumPy as on a machine without a compiler."""
    if not torch.cuda.is_emulated() and request.param == "twins":
        pytest.skip("a GPU has no need of them")
    if torch.cuda.is_emulated() and request.param == "kernels" and not kernels.available():
        pytest.skip("no compiler")
    with kernels.mode("off" if request.param == "twins" else kernels.modes.current()):
        yield request.param


# ---- published values -----------------------------------------------------------------------------------------------


def test_uniform_numbers_are_those_that_pytorch_printed(by):
    drawn = torch.rand(5, device="cuda", generator=on_device(0))  # issue 47347
    np.testing.assert_allclose(host(drawn), [0.3990, 0.5167, 0.0249, 0.9401, 0.9459], atol=5e-5)


def test_each_draw_goes_on_where_the_one_before_ended(by):
    gen = on_device(0)  # printed after one another, in the documentation of several projects
    first, second = (host(torch.rand(3, 3, device="cuda", generator=gen)) for _ in range(2))
    np.testing.assert_allclose(first.ravel()[5:], [0.7967, 0.4150, 0.8203, 0.2290], atol=5e-5)
    np.testing.assert_allclose(second.ravel()[:6], [0.9722, 0.7910, 0.4690, 0.3300, 0.3345, 0.3783], atol=5e-5)
    gen = on_device(42)
    for expected in (
        [0.1940, 2.1614, -0.1721, 0.8491], [0.1391, -0.1082, -0.7174, 0.7566], [-0.5187, 1.2268, 0.6255, -0.9117],
        [-0.6974, -1.8688, -0.8832, -1.6627],
    ):  # fmt: skip
        np.testing.assert_allclose(host(torch.randn(4, device="cuda", generator=gen)), expected, atol=6e-5)


def test_integers_are_those_that_pytorch_printed(by):
    drawn = torch.randint(0, 100, (8,), device="cuda", generator=on_device(0))  # as a user noted down in a program
    assert drawn.tolist() == [41, 97, 91, 72, 53, 4, 3, 33]


def test_normal_numbers_are_those_that_pytorch_printed(by):
    drawn = torch.randn(3, device="cuda", generator=on_device(10))  # issue 79496
    np.testing.assert_allclose(host(drawn), [-0.1029, 1.6810, -0.2708], atol=5e-5)
    noise = torch.empty(1, 3, 128, 128, device="cuda").normal_(generator=on_device(43))  # issue 62467
    np.testing.assert_allclose(host(noise[0, :, 0, 0]), [1.9983, 0.8704, 2.1127], atol=5e-5)


def test_a_layer_made_on_the_device_starts_from_pytorchs_weights():
    with torch.device("cuda"):
        torch.manual_seed(42)
        layer = torch.nn.Linear(1, 1)  # mrdbourke/pytorch-deep-learning, issue 759
    assert layer.weight.item() == pytest.approx(0.2259, abs=5e-5)  # the first draw of the generator
    assert layer.bias.item() == pytest.approx(0.9754, abs=5e-5)  # the second, from offset 4


def test_a_large_tensor_is_filled_in_rounds_that_depend_on_the_gpu(by, gpu_with):
    gpu_with(28, 1536)
    drawn = torch.randn([1, 64, 2048], device="cuda", generator=on_device(42))  # issue 158398
    expected = {(0, 0): 0.1940, (0, 1): 2.1614, (63, 0): -1.2356, (63, 1): -0.4083, (63, 2): -0.4695, (63, -1): -0.0282}
    for (row, column), value in expected.items():
        assert drawn[0, row, column].item() == pytest.approx(value, abs=6e-5)


@pytest.mark.parametrize("multiprocessors, total", [(56, 999826), (13, 999100)])  # P100 and K80: issue 25690
def test_dropout_keeps_as_many_elements_as_pytorchs_first_kernel_did(multiprocessors, total, by, gpu_with):
    gpu_with(multiprocessors, 2048)  # that kernel read no neighbours: neither does today's, where memory has holes
    torch.manual_seed(0)
    with_holes = torch.ones(1000, 1001, device="cuda")[:, :1000]
    assert torch.nn.functional.dropout(with_holes, 0.5).sum().item() == total


# ---- the generator --------------------------------------------------------------------------------------------------


def test_a_state_is_seed_and_offset_in_16_bytes():
    gen = on_device(2**40 + 3)
    assert gen.get_state().tolist() == [3, 0, 0, 0, 0, 1, 0, 0] + [0] * 8
    assert gen.get_state().device.type == "cpu"
    torch.rand(10, device="cuda", generator=gen)
    assert gen.get_offset() == 4
    assert gen.get_state()[8:].tolist() == [4, 0, 0, 0, 0, 0, 0, 0]
    assert gen.initial_seed() == 2**40 + 3


def test_the_stream_goes_on_from_a_state():
    gen = on_device(7)
    torch.rand(1000, device="cuda", generator=gen)
    state = gen.get_state()
    first = host(torch.randn(6, device="cuda", generator=gen))
    other = torch.Generator("cuda").set_state(state)
    np.testing.assert_array_equal(host(torch.randn(6, device="cuda", generator=other)), first)
    for twin in (copy.deepcopy(gen), pickle.loads(pickle.dumps(gen)), gen.clone_state()):
        assert type(twin) is type(gen)
        assert twin.get_state().tolist() == gen.get_state().tolist()


def test_an_offset_is_a_multiple_of_4_and_a_state_of_16_bytes():
    gen = on_device(0)
    assert gen.set_offset(8) is gen
    assert gen.get_offset() == 8
    with pytest.raises(RuntimeError, match="multiple of 4"):
        gen.set_offset(6)
    with pytest.raises(RuntimeError, match="wrong size"):
        gen.set_state(torch.zeros(5056, dtype=torch.uint8))
    with pytest.raises(RuntimeError, match="multiple of 4"):
        gen.set_state(torch.tensor([0] * 8 + [2] + [0] * 7, dtype=torch.uint8))
    with pytest.raises(TypeError, match="ByteTensor"):
        gen.set_state(torch.zeros(16))
    assert gen.get_offset() == 8
    assert gen.set_state(torch.tensor([9] + [0] * 7, dtype=torch.uint8)).get_offset() == 0
    assert gen.initial_seed() == 9
    with pytest.raises(RuntimeError, match="CPU Generator does not use offset"):
        torch.Generator().get_offset()


def test_draws_raise_the_offset_by_what_their_threads_use(emulated):
    gen = on_device(0)
    threads = 132 * 2048
    for draw, words in (
        (lambda: torch.rand(threads * 4, device="cuda", generator=gen), 4),
        (lambda: torch.rand(threads * 4 + 1, device="cuda", generator=gen), 8),
        (lambda: torch.rand(threads * 4, dtype=torch.float64, device="cuda", generator=gen), 8),
        (lambda: torch.randint(0, 10, (threads * 4,), device="cuda", generator=gen), 4),
        (lambda: torch.randint(0, 2**40, (threads * 4,), device="cuda", generator=gen), 8),
        (lambda: torch.bernoulli(torch.full((9,), 0.5, device="cuda"), generator=gen), 12),
        (lambda: torch.randperm(10, device="cuda", generator=gen), 4 + 12),
        (lambda: torch.rand(0, device="cuda", generator=gen), 0),
    ):
        before = gen.get_offset()
        draw()
        assert gen.get_offset() - before == words


def test_one_seed_starts_the_generators_of_all_devices(two_gpus):
    torch.manual_seed(5)
    assert [gen.initial_seed() for gen in torch.cuda.default_generators] == [5, 5]
    torch.cuda.manual_seed(6)
    assert [gen.initial_seed() for gen in torch.cuda.default_generators] == [6, 5]
    with torch.cuda.device(1):
        torch.cuda.manual_seed(7)
        assert torch.cuda.initial_seed() == 7
    assert torch.cuda.initial_seed() == 6
    torch.cuda.seed_all()
    seeds = {gen.initial_seed() for gen in torch.cuda.default_generators}
    assert len(seeds) == 1 and not seeds & {5, 6, 7}
    assert torch.initial_seed() == 5


def test_seeding_before_the_first_use_waits_for_it(emulated):
    from minitorch.core import cuda

    with cuda.chosen("emulate"):
        torch.cuda.manual_seed_all(1)
        torch.cuda.manual_seed(33)
        assert not generators.in_use()
        assert torch.cuda.initial_seed() == 33


def test_states_of_all_devices_are_kept_and_put_back(two_gpus):
    torch.cuda.manual_seed_all(3)
    states = torch.cuda.get_rng_state_all()
    first = [host(torch.rand(3, device=f"cuda:{index}")) for index in range(2)]
    torch.cuda.set_rng_state_all(states)
    for index in range(2):
        np.testing.assert_array_equal(host(torch.rand(3, device=f"cuda:{index}")), first[index])
    torch.cuda.set_rng_state(states[1], "cuda:1")
    assert torch.cuda.get_rng_state(1).tolist() == states[1].tolist()


def test_fork_rng_leaves_the_devices_generators_where_they_were():
    torch.manual_seed(1)
    with torch.random.fork_rng():
        inside = host(torch.rand(4, device="cuda"))
    np.testing.assert_array_equal(host(torch.rand(4, device="cuda")), inside)


def test_a_generator_of_another_device_is_refused():
    with pytest.raises(RuntimeError, match="Expected a 'cuda' device type for generator but found 'cpu'"):
        torch.rand(3, device="cuda", generator=torch.Generator())
    with pytest.raises(RuntimeError, match="Expected a 'cpu' device type for generator but found 'cuda'"):
        torch.rand(3, generator=torch.Generator("cuda"))
    with pytest.raises(TypeError, match="generator"):
        torch.rand(3, device="cuda", generator=3)


# ---- distributions --------------------------------------------------------------------------------------------------


def drawn_by_twins(make):
    with kernels.mode("off"):
        return host(make())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", ["uniform_", "normal_", "exponential_", "bernoulli_", "log_normal_"])
def test_kernels_and_twins_draw_the_same(name, dtype, emulated):
    def make():
        return getattr(torch.empty(3, 5, 7, dtype=dtype, device="cuda"), name)(generator=on_device(4)).float()

    np.testing.assert_allclose(
        host(make()), drawn_by_twins(make), rtol=1e-2 if dtype.itemsize == 2 else 2e-5, atol=1e-6
    )


@pytest.mark.parametrize("dtype", [torch.int64, torch.int8, torch.uint8, torch.bool, torch.float32, torch.float16])
def test_integers_of_kernels_and_twins_are_the_same(dtype, emulated):
    for draw in (lambda x: x.random_(generator=on_device(4)), lambda x: x.random_(0, 2, generator=on_device(4))):
        make = lambda draw=draw: draw(torch.empty(41, dtype=dtype, device="cuda"))
        np.testing.assert_array_equal(host(make()), drawn_by_twins(make))


def test_a_permuted_tensor_is_filled_in_the_order_of_memory():
    plain = host(torch.rand(4, 6, device="cuda", generator=on_device(1)))
    permuted = torch.empty(4, 6, device="cuda").t()
    np.testing.assert_array_equal(host(permuted.uniform_(generator=on_device(1))), plain.T)


def test_uniform_numbers_lie_in_the_half_open_interval():
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        drawn = torch.empty(200_000, dtype=dtype, device="cuda").uniform_(2, 2.5, generator=on_device(3)).float()
        assert drawn.min().item() >= 2 and drawn.max().item() < 2.5


def test_normal_numbers_are_normal():
    from math import erf, sqrt

    for dtype in (torch.float32, torch.float64):
        drawn = np.sort(host(torch.randn(100_000, dtype=dtype, device="cuda", generator=on_device(9))))
        exact = np.array([0.5 + 0.5 * erf(x / sqrt(2)) for x in drawn])
        distance = np.abs(exact - np.arange(0.5, 100_000) / 100_000).max()  # Kolmogorov and Smirnov
        assert distance < 1.95 / sqrt(100_000)


def test_a_tensor_of_probabilities_is_met():
    p = torch.tensor([0.0, 0.25, 1.0], device="cuda").repeat(100_000)
    drawn = host(torch.bernoulli(p, generator=on_device(2))).reshape(-1, 3)
    assert drawn[:, 0].max() == 0 and drawn[:, 2].min() == 1
    assert abs(drawn[:, 1].mean() - 0.25) < 0.005
    with pytest.raises(RuntimeError, match="p_in"):
        torch.bernoulli(torch.tensor([1.5], device="cuda"))


@pytest.mark.parametrize("n", [0, 1, 2, 5, 1000, 40_000])
def test_randperm_is_an_order_of_all(n):
    order = host(torch.randperm(n, device="cuda", generator=on_device(n)))
    np.testing.assert_array_equal(np.sort(order), np.arange(n))
    assert n < 5 or (order != np.arange(n)).any()


def test_equal_keys_of_randperm_are_shuffled():
    from minitorch.core.cuda import distributions

    keys, seen = np.array([1, 2, 2, 2, 3, 3]), set()
    for seed in range(60):
        order = np.arange(6)
        distributions._shuffle_islands(keys, order, seed, 0)
        assert order[0] == 0 and sorted(order[1:4]) == [1, 2, 3] and sorted(order[4:]) == [4, 5]
        seen.add(tuple(order))
    assert len(seen) == 12


def test_categories_are_drawn_in_proportion():
    weights = torch.tensor([[1.0, 0.0, 3.0, 0.0], [2.0, 2.0, 0.0, 0.0]], device="cuda")
    drawn = host(torch.multinomial(weights, 20_000, True, generator=on_device(5)))
    assert set(drawn[0]) == {0, 2} and set(drawn[1]) == {0, 1}
    assert abs((drawn[0] == 2).mean() - 0.75) < 0.02
    without = host(torch.multinomial(torch.ones(3, 5, device="cuda"), 5, generator=on_device(5)))
    np.testing.assert_array_equal(np.sort(without, axis=1), np.tile(np.arange(5), (3, 1)))


@pytest.mark.parametrize(
    "draw, mean",
    [
        (lambda gen: torch.poisson(torch.full((2000,), 3.0, device="cuda"), generator=gen), 3.0),
        (lambda gen: torch.binomial(*torch.tensor([8.0, 0.25], device="cuda").repeat(2000, 1).unbind(1), gen), 2.0),
        (lambda gen: torch.empty(20_000, device="cuda").geometric_(0.25, generator=gen), 4.0),
        (lambda gen: torch.empty(20_000, device="cuda").exponential_(0.5, generator=gen), 2.0),
        (lambda gen: torch.empty(20_000, device="cuda").cauchy_(1.5, generator=gen).median(), 1.5),
    ],
)  # fmt: skip
def test_the_mean_is_that_of_the_distribution(draw, mean):
    assert host(draw(on_device(8))).mean() == pytest.approx(mean, rel=0.05)


REFUSED = [
    "empty(3).normal_(0, -1)", "empty(3, dtype=int64).normal_()", "empty(3).log_normal_(0, 0)",
    "empty(3, dtype=int32).log_normal_()", "empty(3).exponential_(0)", "empty(3, dtype=int64).exponential_()",
    "empty(3).cauchy_(0, 0)", "empty(3, dtype=int64).cauchy_()", "empty(3).geometric_(1.0)",
    "empty(3, dtype=bool).geometric_(0.5)", "empty(3).bernoulli_(1.5)", "empty(3, dtype=complex64).bernoulli_(0.5)",
    "empty(3).uniform_(2, 1)", "empty(3, dtype=int64).uniform_()", "randint(3, 3, (2,))",
    "randint(0, 300, (2,), dtype=uint8)",
    "empty(3, dtype=int32).random_(-2**63, None)", "multinomial(ones(3), 4)", "multinomial(-ones(3), 2, True)",
    "multinomial(zeros(3), 2)", "multinomial(ones(2, 2, 2), 1)", "poisson(-ones(2))", "bernoulli(ones(3, dtype=int64))",
    "randperm(-1)", "nn.functional.dropout(ones(3, dtype=int64), 0.5)", "nn.functional.rrelu(ones(3), 2.0, 1.0, True)",
]  # fmt: skip


@pytest.mark.parametrize("call", REFUSED)
def test_what_pytorch_refuses_is_refused_with_the_same_type_of_error(call):
    with pytest.raises(Exception) as theirs:
        eval(call, {}, vars(pytorch))
    with torch.device("cuda"), pytest.raises(theirs.type):
        eval(call, {}, vars(torch))


@pytest.mark.parametrize(
    "call",
    [
        "empty(0, 3).uniform_()", "empty(0).normal_()", "empty(0).log_normal_()", "empty(0).exponential_()",
        "empty(2, 0).cauchy_()", "empty(0).geometric_(0.5)", "empty(0).bernoulli_(0.5)", "empty(0).random_()",
        "randint(0, 5, (0, 2))", "bernoulli(ones(0))", "empty(()).uniform_()", "randn(())", "randperm(0)",
        "multinomial(ones(0, 3), 2, True)", "multinomial(ones(0, 3), 2)", "randn(3, dtype=complex64)",
        "rand(2, dtype=complex128)", "empty(4, dtype=int64).random_(-2**63, None)", "empty(3, 2).bernoulli_(ones(2))",
        "nn.functional.dropout2d(ones(2, 3, 4, 4), 0.5)", "nn.functional.alpha_dropout(ones(5), 0.5, True)",
        "nn.functional.dropout(ones(5), 0.5, inplace=True)", "nn.functional.rrelu(ones(5), training=True)",
        "rand_like(ones(2, 3).t())", "randn_like(ones(3, dtype=float64))", "randint_like(ones(3), 2, 9)",
        "normal(zeros(3), ones(3))", "poisson(ones(3, dtype=float64))", "binomial(ones(3), ones(3))",
    ],
)  # fmt: skip
def test_shapes_strides_and_dtypes_are_those_that_pytorch_gives_on_the_cpu(call, by):
    theirs = eval(call, {}, vars(pytorch))
    with torch.device("cuda"):
        ours = eval(call, {}, vars(torch))
    assert ours.device.type == "cuda"
    assert (ours.shape, ours.stride(), str(ours.dtype)) == (theirs.shape, theirs.stride(), str(theirs.dtype))


def test_slopes_of_rrelu_are_drawn_for_every_element_and_used_below_zero():
    x = torch.linspace(-2, 2, 5001, device="cuda", requires_grad=True)
    y = torch.nn.functional.rrelu(x, 0.25, 0.75, training=True)
    slope = host(y)[:2500] / host(x)[:2500]
    assert slope.min() >= 0.25 and slope.max() <= 0.75 and abs(slope.mean() - 0.5) < 0.02
    np.testing.assert_array_equal(host(y)[2500:], host(x)[2500:])
    y.backward(torch.ones_like(y))
    np.testing.assert_allclose(host(x.grad)[:2500], slope, rtol=1e-5)


# ---- dropout --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("shape", [(64, 64), (7, 9), (2, 3, 5)])
def test_dropout_keeps_and_scales_and_its_gradient_is_the_mask(dtype, shape, by):
    torch.manual_seed(3)
    x = torch.randn(shape, dtype=dtype, device="cuda", requires_grad=True)
    y = torch.nn.functional.dropout(x, 0.25)
    kept = host((y != 0).float())
    np.testing.assert_allclose(
        host(y.float()), host(x.float()) * kept / 0.75, rtol=1e-2 if dtype.itemsize == 2 else 1e-6
    )
    assert 0 < kept.mean() < 1
    assert type(y.grad_fn).__name__ == "NativeDropoutBackward0"
    cotangent = torch.randn_like(y)
    y.backward(cotangent)
    expected = host(cotangent.float()) * kept / 0.75
    np.testing.assert_allclose(host(x.grad.float()), expected, rtol=1e-2 if dtype.itemsize == 2 else 1e-6)


def test_dropout_of_a_transposed_tensor_keeps_its_strides_and_draws_in_the_order_of_memory(by):
    plain = torch.ones(8, 12, device="cuda")
    torch.manual_seed(0)
    expected = host(torch.nn.functional.dropout(plain, 0.5))
    torch.manual_seed(0)
    drawn = torch.nn.functional.dropout(plain.t(), 0.5)
    assert drawn.stride() == (1, 12)
    np.testing.assert_array_equal(host(drawn), expected.T)


def test_dropout_without_effect_draws_nothing():
    torch.manual_seed(0)
    x = torch.ones(4, 4, device="cuda")
    assert torch.nn.functional.dropout(x, 0.5, training=False) is x
    assert torch.nn.functional.dropout(x, 0.0) is x
    assert torch.nn.functional.dropout(x, 1.0).sum().item() == 0
    assert torch.cuda.default_generators[0].get_offset() == 0


@pytest.mark.parametrize("use_reentrant", [False, True])
def test_a_checkpoint_draws_the_same_mask_again(use_reentrant):
    from minitorch.utils.checkpoint import checkpoint

    x = torch.randn(64, 64, device="cuda", requires_grad=True)
    y = checkpoint(lambda x: torch.nn.functional.dropout(x, 0.5), x, use_reentrant=use_reentrant)
    torch.rand(100, device="cuda")
    y.sum().backward()
    np.testing.assert_array_equal(host(x.grad), 2.0 * host(y != 0))
