"""Frames are found whatever way the bytes are cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.intake.framing import Frame, FrameReader, framed

contents = st.binary(max_size=200).map(lambda raw: raw.replace(b"\x0b", b".").replace(b"\x1c", b"."))


@given(st.lists(contents, max_size=6), st.lists(st.integers(0, 400), max_size=12), st.binary(max_size=5))
def test_any_cutting_of_the_stream_gives_the_same_frames(
    sent: list[bytes], cuts: list[int], noise: bytes
) -> None:
    between = noise.replace(b"\x0b", b"")
    stream = b"".join(between + framed(content) for content in sent)
    places = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    reader = FrameReader(limit=1000)
    found = [frame for begin, end in itertools.pairwise(places) for frame in reader.feed(stream[begin:end])]
    assert found == [Frame(content, "whole") for content in sent]
    assert not reader.inside


@given(st.lists(st.lists(st.sampled_from([b"\x0b", b"\x1c", b"\r", b"a", b"x" * 40])).map(b"".join)))
def test_no_stream_makes_the_reader_fail_or_hold_more_than_its_limit(pieces: list[bytes]) -> None:
    reader = FrameReader(limit=100)
    for piece in pieces:
        for frame in reader.feed(piece):
            assert len(frame.content) <= 100 or frame.standing != "whole"
            assert b"\x0b" not in frame.content
            assert b"\x1c\r" not in frame.content
        assert len(reader._buffer) <= 101
    reader.finish()
    assert reader.feed(framed(b"next")) == [Frame(b"next", "whole")]


def test_frame_over_the_limit_keeps_only_its_first_4096_bytes() -> None:
    reader = FrameReader(limit=10_000)
    large = b"MSH" + b"x" * 20_000
    stream = framed(large)
    found = [frame for at in range(0, len(stream), 700) for frame in reader.feed(stream[at : at + 700])]
    assert found == [Frame(large[:4096], "too_large")]
    assert reader.feed(framed(b"next")) == [Frame(b"next", "whole")]


@pytest.mark.parametrize("size", [99, 100])
def test_frame_up_to_the_limit_is_whole(size: int) -> None:
    assert FrameReader(limit=100).feed(framed(b"x" * size)) == [Frame(b"x" * size, "whole")]


@pytest.mark.parametrize("piece", [1, 7, 200])
def test_frame_one_over_the_limit_is_too_large(piece: int) -> None:
    reader, stream = FrameReader(limit=100), framed(b"x" * 101)
    found = [frame for at in range(0, len(stream), piece) for frame in reader.feed(stream[at : at + piece])]
    assert [frame.standing for frame in found] == ["too_large"]


def test_endless_frame_holds_little_and_is_seen_as_endless() -> None:
    reader = FrameReader(limit=1000)
    reader.feed(b"\x0bMSH")
    for _ in range(100):
        assert reader.feed(b"x" * 100) == []
    assert reader.endless
    assert len(reader._buffer) < 1200
    left = reader.finish()
    assert left is not None
    assert (left.content[:4], left.standing) == (b"MSHx", "too_large")


def test_new_start_abandons_the_frame_before() -> None:
    found = FrameReader(limit=1000).feed(b"\x0bMSH|half\x0bMSH|whole\x1c\r")
    assert found == [Frame(b"MSH|half", "abandoned"), Frame(b"MSH|whole", "whole")]


def test_end_without_carriage_return_counts_when_a_new_frame_or_the_end_follows() -> None:
    reader = FrameReader(limit=1000)
    assert reader.feed(b"\x0bone\x1c\x0btwo\x1c") == [Frame(b"one", "whole")]
    assert reader.finish() == Frame(b"two", "whole")


def test_unfinished_frame_is_cut_off() -> None:
    reader = FrameReader(limit=1000)
    assert reader.feed(b"\x0bMSH|^~") == []
    assert reader.finish() == Frame(b"MSH|^~", "cut_off")
    assert reader.finish() is None


def test_stray_bytes_are_counted_without_white_space() -> None:
    reader = FrameReader(limit=1000)
    reader.feed(b"\r\nGET / HTTP/1.1\r\n")
    assert reader.stray == len("GET/HTTP/1.1")
    reader.feed(framed(b"x"))
    assert reader.stray == 0


@pytest.mark.parametrize("byte", [b"\x0b", b"\x1c"])
def test_content_with_a_framing_byte_is_never_framed(byte: bytes) -> None:
    with pytest.raises(ValueError, match="framing byte"):
        framed(b"MSH" + byte)
