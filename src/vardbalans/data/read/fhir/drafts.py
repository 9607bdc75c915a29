"""Made rows, still texts, to typed drafts: one per file, table and some 200 000 rows."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.checks import UNREADABLE
from vardbalans.data.findings import LISTED, Finding, Spot, listing
from vardbalans.data.read.cells import LOCAL_ZONE, Cells, typed
from vardbalans.data.read.draft import Draft
from vardbalans.data.read.fhir.making import MADE
from vardbalans.data.read.fhir.staging import Staging
from vardbalans.data.read.typing import Read, assembled
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import TABLES, Column, Table
from vardbalans.engine.messages import Message

__all__ = ["ROWS", "drafts_of"]

ROWS = 200_000

_WANTED = {
    ("Organization", "name"): "name",
}
