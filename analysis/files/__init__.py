"""Reading files of an untrusted workspace, and keeping private ones private."""
