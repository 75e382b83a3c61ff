"""Many elements to one, or to an order: sums, extremes, statistics, scans, sorting, searching."""
