# Wants the supervisor's memory: a finding for each two characters.
# attack: python ruff
@a;x120000@
