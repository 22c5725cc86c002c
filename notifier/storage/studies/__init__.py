"""What is stored of studies: versions, history, conditions, places, summaries. Knows no person."""
