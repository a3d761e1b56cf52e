"""What the code around a value, and the project's other files, say of its members and of its type."""
