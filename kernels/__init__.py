"""Matrix and attention kernels, one file each; reference.py is their specification."""
