"""The decompression of what came from another host, to a bounded size."""

import zlib


def decompressed(data: bytes, longest: int) -> bytes:
    """Return the bytes of which `data` is the compressed form by zlib.

    Raises ValueError, in one line, if it is no such form, is cut off, or has more than `longest` bytes decompressed.
    """
    decompressing = zlib.decompressobj()
    try:
        found = decompressing.decompress(data, longest)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if decompressing.unconsumed_tail:
        raise ValueError(f"it has more than {longest:,} bytes")
    if not decompressing.eof:
        raise ValueError("its end is missing")
    return found
