"""Assessments as files: one module per format, and what all formats share.

`importing` and `exporting` are the two doors; `yaml_form` is the format that people write.
"""
