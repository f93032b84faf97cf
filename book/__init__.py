"""What makes the book of the chapters: reading, running, comparing, and every form it takes."""
