"""Where one frame ends and the next begins: each is a length of four bytes, big end first, and that many bytes."""

_ZEROS = b"\0\0\0"
"""How the length of a frame begins that is shorter than 256 bytes, as all of market data are."""


def cut(data: bytes) -> tuple[list[bytes], bytes]:
    """Cuts a network read into frames.

    Nearly always one C call does: split at the three zeros that each short frame begins with (from the right, for a
    frame may end in zeros), each piece is the last byte of a frame's length and the frame. That this is so is checked
    piece by piece; where it is not, frame by frame is cut (measured: 80 ns a frame against 500).

    Args:
        data: What came, from a frame's begin on.

    Returns:
        The whole frames, each behind the last byte of its length, and the bytes of the frame that is not complete.
    """
    first, *frames = data.rsplit(_ZEROS)
    try:
        odd = [frame for frame in frames if len(frame) != frame[0] + 1]
    except IndexError:  # more zeros in a row than a length has
        return _cut_one_by_one(data)
    if first:
        return _cut_one_by_one(data)
    if not odd:
        return frames, b""
    last = frames[-1]
    if len(odd) == 1 and odd[0] is last and len(last) <= last[0]:
        frames.pop()
        return frames, _ZEROS + last
    return _cut_one_by_one(data)


def _cut_one_by_one(data: bytes) -> tuple[list[bytes], bytes]:
    frames = []
    begin, available, from_bytes = 0, len(data), int.from_bytes
    while (text := begin + 4) <= available:
        end = text + from_bytes(data[begin:text], "big")
        if end > available:
            break
        frames.append(data[text - 1 : end])
        begin = end
    return frames, data[begin:]
