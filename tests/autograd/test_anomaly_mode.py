"""Anomaly mode against PyTorch: which line is shown, which nan is an error, when the mode is on."""

from __future__ import annotations

import re
import warnings

import pytest
import torch
from engines import same, same_error

import minitorch


def told(program):
    """What the program raises and which warnings it gives, in both engines, without addresses and machine paths."""
    results = []
    for engine in (torch, minitorch):
        with warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always")
            try:
                error = repr(program(engine))
            except Exception as raised:  # what is raised is what is being compared
                error = f"{type(raised).__name__}: {raised}"
        texts = [re.sub(r" \(Triggered internally.*", "", str(w.message)).rstrip() for w in given]
        results.append((error, [text for text in texts if "encountered in" not in text]))
    assert results[1] == results[0]
    return results[1]


def quiet(engine, **options):
    """Anomaly mode without its own warning."""
    return engine.autograd.set_detect_anomaly(True, **options)


def test_a_nan_is_traced_back_to_the_forward_line():
    def program(engine):
        x = engine.tensor([0.0, 1.0], requires_grad=True)
        with quiet(engine):
            y = (x * 0).sqrt() * 0
            y.sum().backward()

    error, (warning,) = told(program)
    assert error == "RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output."
    assert warning.startswith("Error detected in SqrtBackward0. Traceback of forward call that caused the error:\n")
    assert warning.endswith("y = (x * 0).sqrt() * 0")


def test_without_check_nan_only_errors_count():
    def program(engine):
        x = engine.tensor([0.0, 1.0], requires_grad=True)
        with quiet(engine, check_nan=False):
            ((x * 0).sqrt() * 0).sum().backward()
        return x.grad

    assert told(program)[1] == []


def test_an_error_in_a_hook_or_in_a_function_is_traced_back_too():
    def hook(engine):
        with quiet(engine):
            x = engine.tensor([0.0, 1.0], requires_grad=True)
            y = x * 2
            y.register_hook(lambda gradient: 1 / 0)
            y.sum().backward()

    error, (warning,) = told(hook)
    assert error.startswith("ZeroDivisionError")
    assert warning.endswith("y = x * 2")


def test_a_written_tensor_is_told_with_another_hint():
    def program(engine):
        with quiet(engine):
            x = engine.tensor([0.0, 1.0], requires_grad=True)
            y = x * 2
            z = y * y
            y.add_(1)
            z.sum().backward()

    error, warning = told(program)
    assert error.endswith("The variable in question was changed in there or anywhere later. Good luck!")


def test_a_graph_recorded_before_has_no_forward_information():
    def program(engine):
        x = engine.tensor([0.0, 1.0], requires_grad=True)
        y = (x * 0).sqrt() * 0
        with quiet(engine):
            y.sum().backward()

    assert "No forward pass information available" in told(program)[1][0]


def test_a_failing_second_derivative_leads_back_through_the_first():
    def program(engine):
        x = engine.tensor([0.0], requires_grad=True)
        with quiet(engine):
            y = (x * x).sqrt()
            with engine.autograd.set_detect_anomaly(True, check_nan=False):
                (g,) = engine.autograd.grad(y.sum(), x, create_graph=True)
            g.sum().backward()

    error, given = told_first_and_kind(program)
    assert error.startswith("RuntimeError: Function '")
    assert any("Previous calculation was induced by" in text for text in given)


def told_first_and_kind(program):
    """As ``told``, for a derivative that each engine writes in its own way: compared is what minitorch alone says."""
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        try:
            program(minitorch)
        except RuntimeError as raised:
            return f"RuntimeError: {raised}", [str(w.message) for w in given]
    raise AssertionError("no nan was found")


def test_a_function_that_goes_backward_twice_names_the_node_it_was_made_in():
    def program(engine):
        class Fails(engine.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 1

            @staticmethod
            def backward(ctx, gradient):
                raise ValueError("on purpose")

        class Outer(engine.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * 1

            @staticmethod
            def backward(ctx, gradient):
                return Fails.apply(gradient * ctx.saved_tensors[0])

        x = engine.tensor([1.0], requires_grad=True)
        with quiet(engine):
            (g,) = engine.autograd.grad(Outer.apply(x).sum(), x, create_graph=True)
            g.sum().backward()

    for engine in (torch, minitorch):
        with warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always")
            with pytest.raises(ValueError, match="on purpose"):
                program(engine)
        first, second = [str(w.message) for w in given]
        assert first.startswith("Error detected in FailsBackward. Traceback of forward call that caused the error:\n")
        assert second.startswith("\n\nPrevious calculation was induced by OuterBackward. Traceback of forward call ")


def test_nodes_keep_their_traceback_in_their_metadata():
    def program(engine):
        x = engine.tensor([0.0, 1.0], requires_grad=True)
        with quiet(engine):
            y = x * 2
            z = y.view(2).add_(1)
        nodes = [y.grad_fn, z.grad_fn, z.grad_fn.next_functions[0][0]]
        return [sorted(node.metadata) for node in nodes], type(nodes[0].metadata["traceback_"]).__name__

    same(program)


def test_the_mode_is_switched_like_pytorchs():
    def program(engine):
        def now():
            return engine.is_anomaly_enabled(), engine.is_anomaly_check_nan_enabled()

        states = [now()]
        switch = engine.autograd.set_detect_anomaly(True, check_nan=False)
        states.append(now())
        with switch:
            states.append(now())
        states.append(now())
        with engine.autograd.set_detect_anomaly(True):
            with engine.autograd.set_detect_anomaly(False):
                states.append(now())
            states.append(now())
        engine.set_anomaly_enabled(True)
        states.append(now())
        engine.set_anomaly_enabled(False)
        return states

    same(program)


def test_detect_anomaly_warns_that_it_is_slow():
    def program(engine):
        with engine.autograd.detect_anomaly(check_nan=False):
            return engine.is_anomaly_enabled(), engine.is_anomaly_check_nan_enabled()

    assert len(told(program)[1]) == 1


def test_the_switches_take_bools_only():
    same_error(lambda engine: engine.set_anomaly_enabled(3), exact=True)
    same_error(lambda engine: engine.autograd.set_detect_anomaly(True, 3), exact=True)
    same_error(lambda engine: engine.autograd.set_detect_anomaly())


def test_without_the_mode_nodes_remember_nothing():
    y = minitorch.ones(1, requires_grad=True) * 2
    assert y.grad_fn.metadata == {}
