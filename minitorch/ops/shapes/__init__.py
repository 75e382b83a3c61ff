"""Shape, strides and memory: views, joining and splitting, copying, resizing."""
