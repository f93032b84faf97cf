"""Grade submissions: the student's code in one kernel, the tests in another."""
