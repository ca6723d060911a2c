"""Tasks and metrics of our own."""
