"""A page to be read and printed: the same cells as a sheet, one table for each group of rows.

Self-contained HTML: no script, no picture, nothing from elsewhere. `title` is the heading, `notice` stands in a box
above and below (whoever prints page two has it as well), the other cells of the record are a list. Each table has the
columns that have a value (`part` only where there are several). The same cells are the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_STYLE = (
    "body{font:11pt/1.4 'Source Sans 3','Liberation Sans',sans-serif;color:#1b1b1b;max-width:60rem;margin:1.5rem auto;"
    "padding:0 1rem}h1{font-size:1.5rem;margin:0 0 .75rem}h2{font-size:1.1rem;margin:1.5rem 0 .4rem}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}dt{color:#565c65}dd{margin:0}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #71767a;padding:.3rem .5rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}th{background:#edeff0}thead{display:table-header-group}"
    "tr{break-inside:avoid}.notice{border:2px solid #1b1b1b;padding:.5rem .75rem;margin:1rem 0;white-space:pre-line}"
    "@media print{body{max-width:none;margin:0;padding:0}}"
)


def write_page(
    columns: Sequence[str], top: Mapping[str, str], parts: Sequence[tuple[str, Mapping[str, str]]]
) -> bytes:
    """The page. `columns` gives the order; a cell whose column is not in it is not shown."""
    title, notice = escape(top.get("title", "Record"), quote=False), top.get("notice", "")
    box = f'<p class="notice">{escape(notice, quote=False)}</p>' if notice else ""
    facts = "".join(
        f"<dt>{_label(name)}</dt><dd>{escape(top[name], quote=False)}</dd>"
        for name in columns
        if name not in ("title", "notice") and top.get(name)
    )
    tables = "".join(
        _table(columns, name, [cells for other, cells in parts if other == name and cells])
        for name in dict.fromkeys(name for name, cells in parts if cells)
    )
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n{box}\n"
        f"<dl>{facts}</dl>\n{tables}{box}</body></html>\n"
    )
    return page.encode("utf-8", "replace")


def _table(columns: Sequence[str], name: str, rows: Sequence[Mapping[str, str]]) -> str:
    shown = [
        column for column in columns if len({row.get(column, "") for row in rows} - {""}) > (column == "part")
    ]
    head = "".join(f'<th scope="col">{_label(column)}</th>' for column in shown)
    body = "".join(
        "<tr>"
        + "".join(f"<td>{escape(row.get(column, ''), quote=False)}</td>" for column in shown)
        + "</tr>\n"
        for row in rows
    )
    heading = f"<h2>{_label(name)}</h2>"
    return f"{heading}\n<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>\n"


def _label(column: str) -> str:
    """`by_when` -> `By when`."""
    words = column.replace("_", " ")
    return escape(words[:1].upper() + words[1:], quote=False)
