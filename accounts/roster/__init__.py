"""The roster in Excel: reading what people upload, comparing it with what is known, writing what they take away."""
