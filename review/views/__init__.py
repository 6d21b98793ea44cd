"""Pages of reviewers and, of what they have marked, pages of who teaches."""
