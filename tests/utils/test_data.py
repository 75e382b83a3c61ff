"""Datasets, samplers, collating and loading: the same program in PyTorch and minitorch gives the same batches."""

from __future__ import annotations

import collections

import numpy as np
import pytest
import torch
import torch.utils.data
from compare import check_raises

import minitorch
import minitorch.utils.data


def plain(value):
    """Tensors as (dtype, nested lists), containers as they are."""
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        return (repr(value.dtype), value.tolist())
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [type(value).__name__, *(plain(item) for item in value)]
    return value


def both(program):
    """The program's result in both engines, seeded alike, and one draw afterwards to compare the streams."""
    results = []
    for engine in (torch, minitorch):
        engine.manual_seed(7)
        results.append((plain(program(engine)), engine.rand(2).tolist()))
    return results


def assert_equal_in_both(program):
    theirs, ours = both(program)
    assert ours == theirs


def squares(engine, n=11):
    data = engine.utils.data
    x = engine.arange(n)
    return data.TensorDataset(x, engine.arange(n * 2).reshape(n, 2))


@pytest.mark.parametrize("batch_size", [1, 3, 11, 20, None])
@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_and_the_random_stream_after_them_are_pytorchs(batch_size, shuffle):
    def program(engine):
        loader = engine.utils.data.DataLoader(squares(engine), batch_size=batch_size, shuffle=shuffle)
        return [list(loader), list(loader), len(loader)]

    assert_equal_in_both(program)


def test_drop_last_leaves_out_the_short_batch():
    assert_equal_in_both(
        lambda engine: list(engine.utils.data.DataLoader(squares(engine), batch_size=4, drop_last=True, shuffle=True))
    )


def test_a_generator_of_ones_own_decides_the_order():
    def program(engine):
        generator = engine.Generator().manual_seed(3)
        loader = engine.utils.data.DataLoader(squares(engine), batch_size=2, shuffle=True, generator=generator)
        return [list(loader), list(loader)]

    assert_equal_in_both(program)


@pytest.mark.parametrize("options", [{"replacement": True}, {"num_samples": 5}, {"num_samples": 30},
                                     {"replacement": True, "num_samples": 70}])  # fmt: skip
def test_random_sampler_draws_pytorchs_indices(options):
    assert_equal_in_both(lambda engine: list(engine.utils.data.RandomSampler(range(11), **options)))


def test_weighted_and_subset_samplers_draw_pytorchs_indices():
    def program(engine):
        data = engine.utils.data
        weighted = data.WeightedRandomSampler([0.1, 0.9, 0.4, 0.7], 9)
        without = data.WeightedRandomSampler([0.1, 0.9, 0.4, 0.7], 3, replacement=False)
        subset = data.SubsetRandomSampler([5, 3, 8, 1])
        return [list(weighted), list(without), list(subset), len(weighted), len(subset)]

    assert_equal_in_both(program)


@pytest.mark.parametrize("lengths", [[4, 7], [0.5, 0.5], [0.3, 0.3, 0.4], [11]])
def test_random_split_gives_pytorchs_parts(lengths):
    def program(engine):
        parts = engine.utils.data.random_split(squares(engine), lengths)
        return [[part.indices, [part[i] for i in range(len(part))]] for part in parts]

    assert_equal_in_both(program)


def test_random_split_refuses_lengths_that_do_not_add_up():
    check_raises(lambda engine: engine.utils.data.random_split(range(5), [2, 2]))
    check_raises(lambda engine: engine.utils.data.random_split(range(5), [1.2, -0.2]))


Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "items",
    [
        [1, 2, 3],
        [1.5, 2.5],
        [True, False],
        ["a", "b"],
        [b"a", b"b"],
        [{"x": 1, "y": [1.0, 2.0]}, {"x": 2, "y": [3.0, 4.0]}],
        [(1, "a"), (2, "b")],
        [[1, 2], [3, 4]],
        [Point(1, 2.0), Point(3, 4.0)],
        [np.float32(1), np.float32(2)],
        [np.arange(3), np.arange(3)],
    ],
    ids=repr,
)
def test_default_collate_makes_pytorchs_batch(items):
    assert_equal_in_both(lambda engine: engine.utils.data.default_collate(items))


def test_default_collate_refuses_what_pytorch_refuses():
    check_raises(lambda engine: engine.utils.data.default_collate([object()]))
    check_raises(lambda engine: engine.utils.data.default_collate([[1, 2], [3]]))
    check_raises(lambda engine: engine.utils.data.default_collate([np.array(["a"]), np.array(["b"])]))
    check_raises(lambda engine: engine.utils.data.default_collate([engine.zeros(2), engine.zeros(3)]))


def test_an_iterable_dataset_is_batched_as_it_comes():
    def program(engine):
        class Stream(engine.utils.data.IterableDataset):
            def __iter__(self):
                return iter(range(7))

            def __len__(self):
                return 7

        data = engine.utils.data
        return [
            list(data.DataLoader(Stream(), batch_size=3)),
            list(data.DataLoader(Stream(), batch_size=3, drop_last=True)),
            list(data.DataLoader(Stream(), batch_size=None)),
            len(data.DataLoader(Stream(), batch_size=3)),
            list(data.ChainDataset([Stream(), Stream()])),
            list(Stream() + Stream()),
        ]

    assert_equal_in_both(program)


def test_datasets_are_joined_stacked_and_cut():
    def program(engine):
        data = engine.utils.data
        joined = squares(engine, 3) + squares(engine, 4)
        stacked = data.StackDataset(squares(engine, 3), [7, 8, 9])
        named = data.StackDataset(a=[1, 2], b=[3, 4])
        cut = data.Subset(squares(engine), [3, 5, 7])
        return [
            [joined[i] for i in range(-7, 7)], len(joined), [stacked[i] for i in range(3)], named[1], len(named),
            list(data.DataLoader(cut, batch_size=2)), len(cut),
        ]  # fmt: skip

    assert_equal_in_both(program)


def test_getitems_fetches_a_whole_batch():
    def program(engine):
        class Batched(engine.utils.data.Dataset):
            def __len__(self):
                return 5

            def __getitems__(self, indices):
                return [i * 10 for i in indices]

        return list(engine.utils.data.DataLoader(Batched(), batch_size=2))

    assert_equal_in_both(program)


@pytest.mark.parametrize(
    "options",
    [
        {"num_workers": -1}, {"timeout": -1}, {"prefetch_factor": 2}, {"persistent_workers": True},
        {"shuffle": True, "sampler": [0]}, {"batch_sampler": [[0]], "batch_size": 2},
        {"batch_size": None, "drop_last": True}, {"batch_size": 0}, {"batch_size": True}, {"drop_last": 3},
    ],
    ids=repr,
)  # fmt: skip
def test_a_loader_refuses_the_options_pytorch_refuses(options):
    check_raises(lambda engine: engine.utils.data.DataLoader(squares(engine), **options))


def test_samplers_and_datasets_refuse_wrong_arguments():
    check_raises(lambda e: e.utils.data.RandomSampler(range(3), replacement=1))
    check_raises(lambda e: e.utils.data.RandomSampler(range(3), num_samples=0))
    check_raises(lambda e: e.utils.data.WeightedRandomSampler([1.0], True))
    check_raises(lambda e: e.utils.data.WeightedRandomSampler([1.0], 1, replacement=2))
    check_raises(lambda e: e.utils.data.WeightedRandomSampler([[1.0]], 1))
    check_raises(lambda e: e.utils.data.TensorDataset(e.zeros(2), e.zeros(3)))
    check_raises(lambda e: e.utils.data.ConcatDataset([]))
    check_raises(lambda e: e.utils.data.ConcatDataset([range(3)])[-4])
    check_raises(lambda e: e.utils.data.StackDataset())
    check_raises(lambda e: e.utils.data.StackDataset([1], [1, 2]))
    check_raises(lambda e: e.utils.data.Dataset()[0])
    check_raises(lambda e: iter(e.utils.data.IterableDataset()))


def test_worker_processes_are_refused_by_name():
    with pytest.raises(NotImplementedError, match="num_workers=2"):
        minitorch.utils.data.DataLoader(range(3), num_workers=2)
