"""Scripts that measure what takes longer than a chapter may; results/ holds what they found."""
