"""What people wear: clothes and glasses."""
