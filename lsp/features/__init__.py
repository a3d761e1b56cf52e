"""The handlers of the requests, one file for each family."""
