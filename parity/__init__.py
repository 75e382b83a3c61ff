"""Parity: the same program in PyTorch and in minitorch, held side by side.

`python -m parity cnn` trains one convolutional network twice, once in each engine, from one source
file (`parity/models/cnn.py`) and one seed, and compares everything that can be observed on the way:
initial weights, the order of the batches, every dropout mask, the first gradients, every loss, the
accuracy. Nothing is carried over from one engine to the other; what agrees, agrees because both
compute the same.

    parity/data.py       the handwritten digits as a Dataset, split under the engine's own generator
    parity/models/cnn.py the network, once, with the engine as a parameter
    parity/run.py        train one engine and record what it did
    parity/compare.py    two recordings -> rows of measured difference, tolerance, verdict
    parity/terminal.py   progress bar and tables
    parity/report.py     the same as an HTML page with plots, in one file
    parity/bench/        the same workloads timed in alternating processes

Packages needed beyond numpy are in the `parity` extra: torch, scikit-learn, rich, matplotlib,
jinja2.
"""
