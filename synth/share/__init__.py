"""Datasets made of others, for sharing: a part, several parts, several in one, other shards, plain files.

`labels` single values by name · `where_tree`, `where_syntax`, `where` conditions on them · `source` a whole dataset to
take from · `provenance` what a dataset was made of · `folder` all or nothing · `write` picked samples to a dataset ·
`derive` subset, split, repack · `merge` · `extract`. No picture is encoded again but by `extract`. docs/sharing.md
describes it.
"""
