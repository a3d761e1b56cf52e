"""The checks of ``holesmith doctor``, and the report that it writes."""
