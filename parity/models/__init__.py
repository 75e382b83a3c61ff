"""Models of the parity runs, each written once, with the engine as a parameter."""
