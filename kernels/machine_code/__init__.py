"""The loops that become machine code. What is kept of them is known by the content of these files."""
