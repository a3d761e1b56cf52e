"""Running a suite: prompts, answers and worker processes."""
