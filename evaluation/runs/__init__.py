"""How a suite is run: prompts, answers, worker processes."""
