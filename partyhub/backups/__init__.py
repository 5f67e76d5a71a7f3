"""One archive holds the whole portal: database, protected files, and a manifest to prove both."""


class BackupError(Exception):
    """A backup or restore cannot be done; the message is a Chinese sentence for the operator."""
