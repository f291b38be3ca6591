"""Small pieces of Markdown."""


def table(head, lines, right=()):
    """A Markdown table; `right` are the columns that are aligned to the right."""
    rule = ["---:" if index in right else "---" for index in range(len(head))]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in [head, rule, *lines])


def number(value, digits=2):
    return "–" if value is None else f"{value:.{digits}f}"


def mb(kb):
    return f"{kb / 1024:.1f}"
