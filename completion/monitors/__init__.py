"""What monitors watch for, ask and allow."""
