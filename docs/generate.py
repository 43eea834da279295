"""`make docs`: write the generated parts of docs between their markers. `--check` only says whether they are true."""

import sys
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parent


def generated() -> dict[str, str]:
    """Marker -> text, for every generated part."""
    from schemas.topics import CATALOGUE
    from streams.topology import mermaid

    rows = [
        f"| `{topic.name}` ({topic.partitions}) | {topic.key} | {topic.about} | {topic.cleanup} | "
        f"{', '.join(topic.writers)} | {', '.join(topic.readers)} |"
        for topic in CATALOGUE
    ]
    header = [
        "| topic (partitions) | key | holds | kept | written by | read by |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    return {"topology": f"```mermaid\n{mermaid()}\n```", "topics": "\n".join(header + rows)}


def filled(text: str, parts: dict[str, str]) -> str:
    """`text` with everything between `<!-- NAME -->` and `<!-- /NAME -->` replaced by part NAME."""
    for name, part in parts.items():
        opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
        if opening in text:
            before, _, rest = text.partition(opening)
            _, _, after = rest.partition(closing)
            text = f"{before}{opening}\n{part}\n{closing}{after}"
    return text


def stale() -> list[Path]:
    """Pages whose generated parts are not what the code says."""
    parts = generated()
    pages = {page: page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md"))}
    return [page for page, text in pages.items() if filled(text, parts) != text]


def main() -> int:
    pages = stale()
    if "--check" not in sys.argv:
        parts = generated()
        for page in pages:
            page.write_text(filled(page.read_text(encoding="utf-8"), parts), encoding="utf-8")
    names = ", ".join(page.name for page in pages)
    sys.stdout.write(f"{names or 'nothing'} {'is stale' if '--check' in sys.argv else 'written'}\n")
    return 1 if pages and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
