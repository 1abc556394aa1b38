"""What the site asks of networks beyond the gallery's drawings."""
