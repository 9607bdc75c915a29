"""Stays and beds of a data version as the engine takes them: the census, those who lie there, and who comes when."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from vardbalans.data.load.rules import occupancy_guides
from vardbalans.data.queries import ask
from vardbalans.data.tables import TABLES
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
