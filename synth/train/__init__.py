"""Networks for head pose and their training: settings, networks, the loop, checkpoints, export."""
