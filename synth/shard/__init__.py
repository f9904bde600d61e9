"""Shards: many samples in one HDF5 file, committed atomically, listed with size and SHA-256 in the dataset's manifest.

`record` what comes in · `columns` the label schema · `encode` pictures to bytes · `write` samples to a file's bytes ·
`commit` bytes to disk · `manifest` what the dataset holds · `check` and `read` one file · `dataset` all of them ·
`verify` is it whole · `info` what is in it. docs/shards.md describes the files.
"""
