"""`croissant.json`: the dataset for machines, in MLCommons' Croissant 1.0 (http://mlcommons.org/croissant/1.0).

Files with their checksums, and, where there is a table of labels, its columns with what each means.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from synth.card.facts import Facts
from synth.card.table import TABLE_NAME
from synth.shard.columns import Column
from synth.share.licence import UNSTATED, licence_ids, licence_url
from synth.share.parquet import value_columns

CROISSANT_NAME = "croissant.json"
_TYPES = {".h5": "application/x-hdf5", ".json": "application/json", ".parquet": "application/x-parquet"}
_CR = "cr:"
_TERMS = (
    "citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format",
    "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex",
    "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform",
)  # fmt: skip
_JSON_TERMS = ("data", "examples")


def croissant_json(facts: Facts, description: str, citation: str, files: Mapping[str, str], url: str) -> str:
    """The file's text. `files`: SHA-256 of each file by name; the table's columns are listed if it is among them."""
    manifest = facts.manifest
    content: dict[str, Any] = {
        "@context": _context(),
        "@type": "sc:Dataset",
        "name": manifest.name,
        "alternateName": manifest.dataset_id,
        "description": description,
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": _licences(manifest.license),
        "citeAs": citation,
        "version": "1.0.0",
        "isLiveDataset": False,
        "sdPublisher": {"@type": "sc:Organization", "name": "synth card"},
        **({"url": url} if url else {}),
        **({"datePublished": date} if (date := str(manifest.dates.get("finished", ""))[:10]) else {}),
        "distribution": [_file(name, sha256, facts) for name, sha256 in files.items()],
    }
    if TABLE_NAME in files:
        content["recordSet"] = [_records(facts)]
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _context() -> dict[str, Any]:
    """The terms that version 1.0 asks for."""
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "sc": "https://schema.org/",
        "conformsTo": "dct:conformsTo",
        "dataType": {"@id": f"{_CR}dataType", "@type": "@vocab"},
        **{term: {"@id": f"{_CR}{term}", "@type": "@json"} for term in _JSON_TERMS},
        **{term: f"{_CR}{term}" for term in _TERMS},
    }


def _licences(expression: str) -> list[str] | str:
    found = [licence_url(identifier) or identifier for identifier in licence_ids(expression)] or [UNSTATED]
    return found[0] if len(found) == 1 else found


def _file(name: str, sha256: str, facts: Facts) -> dict[str, Any]:
    suffix = name[name.rindex(".") :]
    sizes = {entry.name: entry.bytes for entry in facts.manifest.shards}
    return {
        "@type": f"{_CR}FileObject",
        "@id": name,
        "name": name,
        **({"contentSize": f"{sizes[name]} B"} if name in sizes else {}),
        "contentUrl": name,
        "encodingFormat": _TYPES[suffix],
        "sha256": sha256,
    }


def _records(facts: Facts) -> dict[str, Any]:
    fields = [field for column in facts.columns for field in _fields(column)]
    fields += [
        _field("shard", "sc:Text", "the file that the sample's pictures and labels are in"),
        _field("position", "sc:Integer", "where in it, from 0"),
    ]
    return {
        "@type": f"{_CR}RecordSet",
        "@id": "samples",
        "name": "samples",
        "description": "Every label of every sample.",
        "key": {"@id": "samples/id"},
        "field": fields,
    }


def _fields(column: Column) -> list[dict[str, Any]]:
    kind = "sc:Text" if column.is_text else "sc:Float" if np.dtype(column.dtype).kind == "f" else "sc:Integer"
    meaning = "; ".join(
        part for part in (column.description, column.unit and f"unit {column.unit}", column.frame, column.order) if part
    )
    names = value_columns(column)
    if names:
        return [_field(name, kind, meaning or name) for name in names]
    return [{**_field(column.name, kind, meaning or column.name), "repeated": True}]


def _field(name: str, kind: str, description: str) -> dict[str, Any]:
    return {
        "@type": f"{_CR}Field",
        "@id": f"samples/{name}",
        "name": name,
        "description": description,
        "dataType": kind,
        "source": {"fileObject": {"@id": TABLE_NAME}, "extract": {"column": name}},
    }
