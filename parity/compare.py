"""Two recordings of the same training -> what differs, by how much, and whether it may.

What must agree, and how closely:

    initial weights      bit for bit             both draw the same numbers from the same stream
    split, batch order   exactly                 the same integers
    dropout masks        exactly                 except on an Intel processor, see below
    gradients of step 0  max |a - b| / max |a| of each parameter: float32 1e-5, float64 1e-12
    losses               float32 1e-4 in the first epoch, float64 1e-9 in the first ten
    test accuracy        97 % for each after 10 epochs, and at any time at most 0.5 points apart

Later float32 losses are shown but not judged: training is chaotic, rounding differences double
every few steps, and the order in which a sum is taken is nobody's contract.

On an Intel processor PyTorch draws Bernoulli numbers from MKL, a stream of another generator that
minitorch has no part in. The masks then differ, and with them the gradients, the losses and the
later epochs' order, as PyTorch's would between two computers. Those rows are shown as not
comparable there; `--dropout 0` compares all the rest.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from parity.run import STEPS_PER_EPOCH, UNSEEN, Recording, Settings

GRADIENT_TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
LOSS_TOLERANCE = {"float32": 1e-4, "float64": 1e-9}
LOSS_EPOCHS = {"float32": 1, "float64": 10}
ACCURACY_FLOOR = 97.0
ACCURACY_FLOOR_EPOCHS = 10
ACCURACY_GAP = 0.5

PASS, FAIL, INFO, NOT_COMPARABLE = "pass", "FAIL", "info", "n/a"


@dataclass(frozen=True)
class Check:
    """One row of the verdict."""

    name: str
    measured: str
    allowed: str
    verdict: str  # PASS, FAIL, INFO or NOT_COMPARABLE


@dataclass(frozen=True)
class ParameterRow:
    """What the comparison found for one parameter."""

    name: str
    shape: tuple[int, ...]
    unequal_weights: int
    largest_gradient: float
    gradient_error: float


@dataclass(frozen=True)
class Comparison:
    """The verdict, and the series that tables and plots are made from."""

    settings: Settings
    reference: Recording
    candidate: Recording
    parameters: list[ParameterRow]
    loss_errors: np.ndarray  # (steps,)
    checks: list[Check]

    @property
    def passed(self) -> bool:
        return all(check.verdict != FAIL for check in self.checks)

    @property
    def time_ratio(self) -> float:
        return self.candidate.seconds_a_step / self.reference.seconds_a_step


def compare(settings: Settings, reference: Recording, candidate: Recording, *, intel: bool | None = None) -> Comparison:
    """Hold `candidate` against `reference`.

    `intel` says whether the processor is Intel's; None looks.
    """
    parameters = _compare_parameters(reference, candidate)
    loss_errors = _loss_errors(reference, candidate)
    unequal_elements, seen_elements = _unequal_mask_elements(reference, candidate)
    intel = is_intel_processor() if intel is None else intel
    other_stream = bool(intel and settings.device == "cpu" and settings.dropout > 0 and unequal_elements)

    checks = [
        _exact(
            "initial weights",
            sum(p.unequal_weights for p in parameters),
            _count(reference.weights),
            "elements",
        ),
        _exact(
            "train / test split",
            _unequal(reference.test_images, candidate.test_images),
            len(reference.test_images),
        ),
        _check_batches(settings, reference, candidate, first_epoch_only=other_stream),
        _check_masks(settings, reference, candidate, unequal_elements, seen_elements),
        _bounded(
            "gradients, step 0",
            _worst([p.gradient_error for p in parameters]),
            GRADIENT_TOLERANCE[settings.dtype],
        ),
        *_check_losses(settings, loss_errors),
        *_check_accuracies(settings, reference, candidate),
    ]
    if other_stream:
        moved = ("dropout", "gradients", "losses", "accuracy gap")
        checks = [_not_comparable(check) if check.name.startswith(moved) else check for check in checks]
    checks.append(_timing(reference, candidate))
    return Comparison(settings, reference, candidate, parameters, loss_errors, checks)


def is_intel_processor() -> bool:
    """Whether the processor calls itself GenuineIntel: PyTorch takes MKL's stream then."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        return "GenuineIntel" in cpuinfo.read_text(errors="replace")
    return "intel" in platform.processor().lower()


# -- one check each --------------------------------------------------------------------------------


def _compare_parameters(reference: Recording, candidate: Recording) -> list[ParameterRow]:
    rows = []
    for name in sorted(reference.weights.keys() | candidate.weights.keys(), key=_position_in(reference)):
        a, b = reference.weights.get(name), candidate.weights.get(name)
        gradient = reference.gradients.get(name)
        rows.append(
            ParameterRow(
                name=name,
                shape=(b if a is None else a).shape,  # type: ignore[union-attr]
                unequal_weights=_unequal_bits(a, b),
                largest_gradient=float("nan") if gradient is None else float(np.abs(gradient).max()),
                gradient_error=relative_error(gradient, candidate.gradients.get(name)),
            )
        )
    return rows


def relative_error(reference: np.ndarray | None, candidate: np.ndarray | None) -> float:
    """max |a - b| / max |a|, with one scale for the whole parameter: single entries may cancel."""
    if reference is None or candidate is None or reference.shape != candidate.shape:
        return float("inf")
    error = float(np.abs(reference.astype(np.float64) - candidate.astype(np.float64)).max())
    scale = float(np.abs(reference).max())
    if scale == 0.0:
        return 0.0 if error == 0.0 else float("inf")
    return error / scale


def _check_batches(settings: Settings, reference: Recording, candidate: Recording, *, first_epoch_only: bool) -> Check:
    last = STEPS_PER_EPOCH if first_epoch_only else None
    name = "order of batches" + (", epoch 1" if first_epoch_only else "")
    a, b = reference.batches[:last], candidate.batches[:last]
    return _exact(name, _unequal(a, b), STEPS_PER_EPOCH if first_epoch_only else settings.steps, "batches")


def _check_masks(settings: Settings, reference: Recording, candidate: Recording, unequal: int, seen: int) -> Check:
    name = "dropout masks"
    if settings.dropout == 0:
        return Check(name, "no dropout", "", INFO)
    if not len(reference.masks) == len(candidate.masks) == settings.steps:
        measured = f"{len(reference.masks)} and {len(candidate.masks)} masks"
        return Check(name, measured, f"{settings.steps} masks each", FAIL)
    if seen == 0:
        return Check(name, "no element seen", "every element", FAIL)
    return _exact(name, unequal, seen, "elements")


def _check_losses(settings: Settings, errors: np.ndarray) -> list[Check]:
    judged_epochs = min(LOSS_EPOCHS[settings.dtype], settings.epochs)
    judged = judged_epochs * STEPS_PER_EPOCH
    checks = [
        _bounded(
            f"losses, {_epochs(1, judged_epochs)}",
            _worst(errors[:judged]),
            LOSS_TOLERANCE[settings.dtype],
            "absolute",
        )
    ]
    if len(errors) > judged:
        later = f"losses, {_epochs(judged_epochs + 1, settings.epochs)}"
        checks.append(Check(later, f"{_worst(errors[judged:]):.1e} absolute", "not judged", INFO))
    return checks


def _epochs(first: int, last: int) -> str:
    return f"epoch {first}" if first == last else f"epochs {first}-{last}"


def _check_accuracies(settings: Settings, reference: Recording, candidate: Recording) -> list[Check]:
    checks = []
    for recording in (reference, candidate):
        accuracy = recording.accuracies[-1]
        if settings.epochs < ACCURACY_FLOOR_EPOCHS:
            allowed, verdict = f"not judged below {ACCURACY_FLOOR_EPOCHS} epochs", INFO
        else:
            allowed, verdict = (
                f">= {ACCURACY_FLOOR:g} %",
                PASS if accuracy >= ACCURACY_FLOOR else FAIL,
            )
        checks.append(Check(f"test accuracy, {recording.engine}", f"{accuracy:.2f} %", allowed, verdict))
    gap = abs(reference.accuracies[-1] - candidate.accuracies[-1])
    verdict = PASS if gap <= ACCURACY_GAP else FAIL
    return [
        *checks,
        Check("accuracy gap", f"{gap:.2f} points", f"<= {ACCURACY_GAP:g} points", verdict),
    ]


def _timing(reference: Recording, candidate: Recording) -> Check:
    ratio = candidate.seconds_a_step / reference.seconds_a_step
    milliseconds = f"{1e3 * reference.seconds_a_step:.2f} and {1e3 * candidate.seconds_a_step:.2f} ms"
    return Check("time a step, 1 thread", f"{milliseconds}, ratio {ratio:.2f}", "not judged", INFO)


# -- the arithmetic under them ---------------------------------------------------------------------


def _exact(name: str, unequal: int, total: int, unit: str = "images") -> Check:
    return Check(name, f"{unequal:,} of {total:,} {unit} differ", "none", PASS if unequal == 0 else FAIL)


def _bounded(name: str, error: float, tolerance: float, kind: str = "relative") -> Check:
    # `error <= tolerance` and not the opposite comparison: a NaN must fail
    return Check(name, f"{error:.1e} {kind}", f"<= {tolerance:.0e}", PASS if error <= tolerance else FAIL)


def _not_comparable(check: Check) -> Check:
    return Check(check.name, check.measured, "Intel: PyTorch draws from MKL", NOT_COMPARABLE)


def _unequal_bits(a: np.ndarray | None, b: np.ndarray | None) -> int:
    """How many elements differ in any bit: -0.0 differs from 0.0, and a NaN equals itself."""
    if a is None or b is None or a.dtype != b.dtype or a.shape != b.shape:
        return max(0 if a is None else a.size, 0 if b is None else b.size)
    bits = f"u{a.dtype.itemsize}"
    return int(np.count_nonzero(np.ascontiguousarray(a).view(bits) != np.ascontiguousarray(b).view(bits)))


def _unequal_mask_elements(reference: Recording, candidate: Recording) -> tuple[int, int]:
    """(elements that were seen in both masks and differ, elements that were seen in both)."""
    unequal = seen = 0
    for a, b in zip(reference.masks, candidate.masks, strict=False):
        if a.shape != b.shape:
            unequal, seen = unequal + a.size, seen + a.size
            continue
        both = (a != UNSEEN) & (b != UNSEEN)
        unequal += int(np.count_nonzero((a != b) & both))
        seen += int(np.count_nonzero(both))
    return unequal, seen


def _loss_errors(reference: Recording, candidate: Recording) -> np.ndarray:
    """|difference| a step, infinite for a step that only one of the two has taken."""
    errors = np.full(max(len(reference.losses), len(candidate.losses)), np.inf)
    both = min(len(reference.losses), len(candidate.losses))
    errors[:both] = np.abs(np.subtract(reference.losses[:both], candidate.losses[:both]))
    return errors


def _unequal(a: list[Any], b: list[Any]) -> int:
    return sum(x != y for x, y in zip(a, b, strict=False)) + abs(len(a) - len(b))


def _worst(errors: list[float] | np.ndarray) -> float:
    """The largest error; NaN where one is NaN; infinite where nothing was measured."""
    return float(np.max(errors)) if len(errors) else float("inf")


def _count(weights: dict[str, np.ndarray]) -> int:
    return sum(array.size for array in weights.values())


def _position_in(recording: Recording):  # type: ignore[no-untyped-def]
    order = {name: i for i, name in enumerate(recording.weights)}
    return lambda name: (order.get(name, len(order)), name)
