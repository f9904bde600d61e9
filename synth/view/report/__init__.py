"""The HTML report: a dataset, and what networks make of it, on one page that needs nothing else."""
