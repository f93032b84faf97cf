"""A deck of slides for each chapter."""
