"""Reading and writing by index: ``x[...]``, gather and scatter, masks."""
