"""Practice LMS: a small LTI 1.3 platform, reached over HTTP only."""
