"""From bytes to UTF-8, whatever the encoding is."""

from __future__ import annotations

from typing import Final

from charset_normalizer import from_bytes

from hotspots.errors import InputDataError, NotTabularError

#: Encodings of exports from offices of the countries whose feeds are read here.
_ENCODINGS: Final = ("cp1252", "cp1250", "cp1251", "mac_roman", "cp437", "cp850")
#: Letters beyond ASCII, language by language, of two code pages that are much alike: one byte is an
#: n with a tilde in the one and an n with an acute in the other.
_ALPHABETS: Final = {
    "cp1252": (
        "áéíóúüñ¿¡ªº°", "àâæçèéêëîïôœùûüÿ«»°", "áâãàçéêíóôõúüªº°", "äöüßé", "àèéìíîòóùú°",
        "áèéëïóöü", "åäöé", "æøåéö", "àçèéíïòóúü·", "ðþæáéíóúýö",
    ),
    "cp1250": (
        "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž",
    ),
}  # fmt: skip
#: What stands where a byte could not be decoded.
REPLACED: Final = "\ufffd"
UNDECODABLE: Final = "some bytes could not be decoded: their rows are rejected"


def as_utf8(raw: bytes, name: str) -> tuple[bytes, str, tuple[str, ...]]:
    r"""Decode whatever the encoding is; say what was found.

    Parameters
    ----------
    raw : bytes
        Text in any common encoding, with a byte order mark or without one.
    name : str
        What messages call it.

    Returns
    -------
    tuple of bytes, str and tuple of str
        The text as UTF-8, the encoding, and what was done; bytes that could not be decoded are
        replaced by U+FFFD.

    Raises
    ------
    NotTabularError
        If it consists mostly of zero bytes.
    InputDataError
        If it begins like UTF-16 and is not.

    Examples
    --------
    >>> from hotspots.loaders.encoding import as_utf8
    >>> as_utf8(b"\xef\xbb\xbfTYPE,YEAR", "x.csv")
    (b'TYPE,YEAR', 'utf-8 with byte order mark', ())
    """
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if raw.startswith(mark):
            return _from_utf16(raw[2:], encoding, name)
    if raw.startswith(b"\xef\xbb\xbf"):
        content, encoding, notes = as_utf8(raw[3:], name)
        return content, f"{encoding} with byte order mark", notes
    nuls = raw.count(0) if 0 in raw else 0
    if nuls > len(raw) // 4:
        first, second = raw[0::2].count(0), raw[1::2].count(0)
        if min(first, second) > nuls // 10:
            msg = f"{name} consists mostly of zero bytes. Download it again."
            raise NotTabularError(msg)
        return _from_utf16(raw, "utf-16-le" if second > first else "utf-16-be", name)
    removed = (f"{nuls:,} zero bytes were removed",) if nuls else ()
    raw = raw.replace(b"\0", b"") if nuls else raw
    if raw.isascii() or _is_utf8(raw):
        return raw, "utf-8", removed
    content, encoding, note = _from_8_bit(raw)
    return content, encoding, (*removed, *note)


def _from_utf16(raw: bytes, encoding: str, name: str) -> tuple[bytes, str, tuple[str, ...]]:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        msg = f"{name} begins like {encoding} but is not ({error}). Save it as UTF-8."
        raise InputDataError(msg) from error
    return text.encode(), encoding, (f"decoded from {encoding}",)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _from_8_bit(raw: bytes) -> tuple[bytes, str, tuple[str, ...]]:
    """Decode text that is not valid UTF-8: most lines UTF-8 with a few broken, or a code page."""
    telling = [line for line in raw.split(b"\n") if not line.isascii()]
    broken = sum(not _is_utf8(line) for line in telling)
    encoding = "utf-8"
    if broken * 2 >= len(telling):
        sample = b"\n".join(telling[:2000])
        best = from_bytes(sample, cp_isolation=list(_ENCODINGS)).best()
        # Many code pages give the same text; the commonest of them is the one to name.
        encoding = "cp1252"
        if best is not None and "cp1252" not in (best.encoding, *best.could_be_from_charset):
            encoding = best.encoding
        if encoding in _ALPHABETS:
            encoding = max(_ALPHABETS, key=lambda page: _in_one_language(sample, page))
    text = raw.decode(encoding, errors="replace")
    notes = () if encoding == "utf-8" else (f"decoded from {encoding}",)
    if REPLACED in text:
        notes = (*notes, UNDECODABLE)
    return text.encode(), encoding, notes


def _in_one_language(sample: bytes, page: str) -> float:
    """Give the largest share of letters beyond ASCII that one language of a code page has."""
    text = sample.decode(page, errors="replace").casefold()
    letters = [c for c in text if not c.isascii()]
    found = max(sum(c in alphabet for c in letters) for alphabet in _ALPHABETS[page])
    return found / max(len(letters), 1)
