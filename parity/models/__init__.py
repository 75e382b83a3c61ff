"""Models of the parity runs. Each file holds one model, written once, with the engine as a parameter."""
