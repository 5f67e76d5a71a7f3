"""WeCom's directory beside our roster: reading it, and telling the difference."""
