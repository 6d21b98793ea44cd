"""What is asked and by which standard: programmes, rubrics, policies, assessments."""
