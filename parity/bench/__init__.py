"""The bench: the same workloads in PyTorch and in minitorch, timed in processes that take turns.

    parity/bench/workloads.py  what is timed, with the engine as a parameter, and what is the reach
    parity/bench/worker.py     one process: one engine, one workload, one number
    parity/bench/alternate.py  processes of the two engines in turn, and the medians over the rounds
    parity/bench/table.py      the table, or JSON

A computer's speed drifts: clocks rise and fall, neighbours come and go. Two numbers taken minutes
apart compare the minutes. So the engines take turns, a few seconds each, and what is reported is a
median over the turns.
"""
