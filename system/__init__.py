"""What every package needs of the operating system, and what none should do twice."""
