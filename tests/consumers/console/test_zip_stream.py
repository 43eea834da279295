"""Archives that are streamed."""

import io
import random
import zipfile
from collections.abc import Iterator

from consumers.console.zip_stream import zip_chunks


def test_a_streamed_archive_is_read_by_others_and_never_whole_in_memory() -> None:
    image = random.Random(4).randbytes(3_000_000)
    entries = [("images/a.jpg", image), ("annotations.jsonl", b'{"file": 1}\n' * 1000), ("검사/빈.txt", b"")]
    chunks = list(zip_chunks(entries))
    assert max(len(chunk) for chunk in chunks) < 1_200_000
    with zipfile.ZipFile(io.BytesIO(b"".join(chunks))) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == dict(entries)
        assert archive.getinfo("images/a.jpg").compress_type == zipfile.ZIP_STORED
        assert archive.getinfo("annotations.jsonl").compress_size < 1000


def test_files_are_read_only_when_their_turn_comes() -> None:
    read: list[int] = []

    def lazily() -> Iterator[tuple[str, bytes]]:
        for number in range(3):
            read.append(number)
            yield f"{number}.jpg", b"x"

    stream = zip_chunks(lazily())
    next(stream)
    assert read == [0]
