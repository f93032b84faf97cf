"""The course: editions, assignments, and grading."""
