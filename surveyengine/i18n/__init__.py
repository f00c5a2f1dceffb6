"""Languages: words, numbers, dates and direction. The only door to Babel."""
