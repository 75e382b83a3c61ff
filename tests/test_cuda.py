"""A program that asks for CUDA gets an answer, and one that insists gets PyTorch's exception type."""

from __future__ import annotations

import pytest
import torch
from compare import check_raises

import minitorch


def test_the_usual_question_leads_to_the_cpu():
    device = "cuda" if minitorch.cuda.is_available() else "cpu"
    assert minitorch.zeros(2, device=device).device.type == "cpu"


@pytest.mark.skipif(torch.cuda.is_available(), reason="PyTorch has a CUDA device here and accepts it")
def test_insisting_on_cuda_is_refused_as_by_a_pytorch_without_it():
    check_raises(lambda torch: torch.zeros(2, device="cuda"))
    check_raises(lambda torch: torch.zeros(2).to("cuda"))
