"""Choose the snippets that go into the prompt, and their order."""
