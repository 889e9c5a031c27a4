"""Real servers from Python packages, for machines that have none installed."""
