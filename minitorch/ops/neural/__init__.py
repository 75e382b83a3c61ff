"""Layers of neural networks as operators: activations, losses, convolution, pooling, normalisation."""
