"""Two clouds on your machine, and the internet between them: `python -m rehearsal up`."""
