"""The quizzes: read from their YAML files, and written for every place that asks them."""
