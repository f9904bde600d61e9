"""Pictures for people: poses drawn over samples, contact sheets, histograms."""
