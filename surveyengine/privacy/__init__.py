"""What a person may ask of the business about their own data: access, correction, erasure."""
