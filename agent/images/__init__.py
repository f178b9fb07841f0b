"""What the image of a repository is made of."""
