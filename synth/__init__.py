"""License-clean synthetic heads with exact labels."""
