"""Questions as files: Excel, GIFT, Aiken, Moodle XML and text pasted from Word (``targets.md`` B1, B2)."""
