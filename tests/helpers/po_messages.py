"""Small catalogues."""

HEADER = 'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'


def messages(**texts):
    """A catalogue with these messages."""
    return HEADER + "".join(f'\nmsgid "{name}"\nmsgstr "{text}"\n' for name, text in texts.items())
