"""Labelled pictures for training and judging: sources, splits, what a network is shown, augmentation, batches."""
