"""The pages of the business's own people, below /staff."""
