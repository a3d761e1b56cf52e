"""Local code completion that treats the cursor as a typed hole; README.md says how to start.

This file makes `holesmith` a regular package. Python would look up a namespace package through an entry of
`sys.path` that setuptools' editable install leaves relative, and a folder of an opened workspace could take
its place.
"""
