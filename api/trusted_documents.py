"""Documents that are registered by their hash: what our own pages send, written down when they are built.

A client sends `documentId`, as in the appendix on persisted documents of the GraphQL-over-HTTP draft:
`sha256:` and the hash of the document's text in hexadecimal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

_PREFIX = "sha256:"
MANIFEST = "documents.json"  # one for each set of pages: hash → text


class BrokenManifest(Exception):
    """One line that names the file."""


class TrustedDocuments:
    def __init__(self, texts: Mapping[str, str]) -> None:
        """By the hash of the text, in hexadecimal."""
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    def text_of(self, document_id: str) -> str | None:
        return self._texts.get(document_id.removeprefix(_PREFIX).lower())

    def knows(self, text: str) -> bool:
        """Whether a text that was sent whole is registered."""
        return bool(self._texts) and digest_of(text) in self._texts


def read_manifests(web_root: Path) -> TrustedDocuments:
    """Of all pages under the folder; none where nothing is built. Raises BrokenManifest."""
    texts: dict[str, str] = {}
    for manifest in sorted(web_root.glob(f"*/{MANIFEST}")):
        try:
            listed = json.loads(manifest.read_text(encoding="utf-8"))
        except ValueError:
            raise BrokenManifest(f"{manifest} is not JSON") from None
        if not isinstance(listed, dict) or any(digest_of(str(text)) != name for name, text in listed.items()):
            raise BrokenManifest(f"{manifest} has a text that is not its hash's; build the pages again (make web)")
        texts |= listed
    return TrustedDocuments(texts)


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
