"""What `holesmith doctor` looks at, and the report it writes."""
