"""A dataset's card: what it is, drawn and counted from its own labels, in files that travel with it.

`facts` counts and spreads · `people` who is in it · `origin` how it was made, as commands · `limits` what it can't be
used for · `axes` a picture of the conventions · `faces` one of the people · `sections`, `readme` the page · `croissant`
the same for machines · `table` all labels as Parquet · `card` all of it into the folder. docs/sharing.md describes it.
"""
