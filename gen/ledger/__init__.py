"""What was published, and must stay."""
