"""The comment above a kernel is read as it is meant, and every kernel of the project has a complete one."""

from __future__ import annotations

import pytest

from minitorch import kernels
from minitorch.kernels.compiler import kernel_folder
from minitorch.kernels.listing import ladders
from minitorch.kernels.record import ladder_problems, record
from minitorch.kernels.source import KernelSource, Parameter

FILES = sorted(kernel_folder().glob("*.cu"))


def kernel(*comment, template=(), parameters=()):
    declared = tuple(Parameter(f"p{i}", each, 1, False, f"{each}* p{i}") for i, each in enumerate(parameters))
    return KernelSource("add", declared, tuple(template), False, 9, tuple(comment))


def test_a_full_record_is_read_field_by_field():
    got = record(
        kernel(
            "vector add, rung 2: four elements",
            "at a time",
            "What: loads of 16 bytes",
            "Why: fewer instructions: a quarter",
            "of them",
            "Gain: ratio 1.1",
            "Host: yes",
            "Needs: sm_90",
            "T: float double",
            template=["T"],
            parameters=["T"],
        )
    )
    assert (got.ladder, got.rung, got.title) == ("vector add", 2, "four elements at a time")
    assert (got.what, got.why) == ("loads of 16 bytes", "fewer instructions: a quarter of them")
    assert (got.gain, got.host, got.needs) == ("ratio 1.1", True, "sm_90")
    assert got.instances == ("add<float>", "add<double>")
    assert got.problems == ()


def test_template_parameters_make_all_combinations_also_of_types_of_two_words_and_numbers():
    got = record(kernel("add: x", "T: unsigned char, long long", "N: 1 4", template=["T", "N"], parameters=["T"]))
    assert got.instances == (
        "add<unsigned char, 1>",
        "add<unsigned char, 4>",
        "add<long long, 1>",
        "add<long long, 4>",
    )
    assert got.problems == ()


def test_a_kernel_without_a_comment_still_has_instances_for_its_types():
    got = record(kernel(template=["T"], parameters=["T"]))
    assert (got.ladder, got.rung, got.title, got.instances) == ("add", 0, "", ("add<float>",))
    assert got.problems == (
        "has no first line '// LADDER, rung N: TITLE' or '// NAME: ONE SENTENCE'",
        "lacks a line 'T: ...' with the values of its template parameter T",
    )


def test_a_number_in_a_template_is_not_guessed():
    assert record(kernel("add: x", template=["N"], parameters=["float"])).instances == ()


@pytest.mark.parametrize(
    "comment, problem",
    [
        (["add, rung 2: x", "What: a", "Gain: b"], "is rung 2 and lacks a line 'Why: ...'"),
        (["add, rung 2: x", "What: a", "Why:", "Gain: b"], "is rung 2 and lacks a line 'Why: ...'"),
        (["add: x", "Hots: yes"], "has a line 'Hots:', which means nothing (write What, Why, Gain, Host, Needs)"),
        (["add: x", "Host: maybe"], "says Host: maybe, neither yes nor no"),
        (["add: x", "Needs: a GPU"], "says Needs: a GPU, no architecture such as sm_80"),
        (["What: no head"], "has no first line '// LADDER, rung N: TITLE' or '// NAME: ONE SENTENCE'"),
    ],
)
def test_what_is_wrong_with_a_record_is_said(comment, problem):
    assert record(kernel(*comment)).problems == (problem,)


def test_the_rungs_of_a_ladder_are_counted_from_one_and_one_at_most_is_the_hosts():
    first, third = record(kernel("a, rung 1: x", "Host: yes")), record(kernel("a, rung 3: x", "Host: yes"))
    assert ladder_problems([third, first]) == [
        "has the rungs 1, 3, not 1 to 2",
        "marks more than one rung with 'Host: yes': add, add",
    ]
    assert ladder_problems([first, record(kernel("a, rung 2: x"))]) == []


@pytest.mark.parametrize(
    "needs, arch, runs", [("", "sm_80", True), ("sm_90", "sm_80", False), ("sm_80", "sm_90", True)]
)
def test_what_a_kernel_needs_is_held_against_the_gpu(needs, arch, runs):
    assert record(kernel("a: x", *([f"Needs: {needs}"] if needs else []))).runs_on(arch) is runs


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_kernel_of_the_project_has_a_complete_record(path):
    records = kernels.load(path).records
    assert records, "a file without kernels"
    wrong = [f"{path.name}: {name} {problem}" for name, each in records.items() for problem in each.problems]
    assert not wrong, "\n".join(wrong)


def test_the_rungs_of_every_ladder_of_the_project_are_in_order():
    wrong = [
        f"the ladder {name} {problem}"
        for name, rungs in ladders().items()
        for problem in ladder_problems([record for _, record in rungs])
    ]
    assert not wrong, "\n".join(wrong)


def test_an_instance_is_the_same_object_however_it_is_written(tmp_path):
    path = tmp_path / "scale.cu"
    path.write_text("template <class T, bool UP, int N> __global__ void scale(T* x) { x[0] = UP ? N : 0; }\n")
    file = kernels.load(path)
    kernel = file["scale<float,true,  4>"]
    assert kernel is file["scale<float, true, 4>"] is file.kernel("scale", "float32", True, 4)
    assert kernel is not file.kernel("scale", "float32", True, 1) and kernel.types == ("float",)
    assert file.kernel("scale", "float32", 1, 1).instance == "scale<float, 1, 1>"
    assert file.kernel("scale", "float32", True, 1).instance == "scale<float, true, 1>"


def test_unknown_kernels_and_missing_template_arguments_are_refused_with_names(tmp_path):
    path = tmp_path / "twice.cu"
    path.write_text("template <class T> __global__ void twice(T* x) { x[0] *= 2; }\n")
    with pytest.raises(KeyError, match="twice.cu has no kernel 'thrice'; it has twice"):
        kernels.load(path)["thrice<float>"]
    with pytest.raises(TypeError, match="twice has the template parameters <T>, got <>"):
        kernels.load(path)["twice"]
    with pytest.raises(FileNotFoundError, match="there is no kernel file"):
        kernels.load("no_such_kernels")
