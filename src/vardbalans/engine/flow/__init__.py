"""Flow between services: conversion shares with lags, and the demand that extra production brings downstream.

:func:`estimate_conversions` finds the shares, :func:`with_overrides` puts those set by hand in their place,
:func:`induced` follows extra production downstream, and :func:`flow_map` draws it all up for a reader.
"""

from vardbalans.engine.flow.induced import drawn_shares, induced, lasting_loop
from vardbalans.engine.flow.map import FlowLink, FlowMap, FlowNode, flow_map
from vardbalans.engine.flow.shares import ByHand, Linked, estimate_conversions, wilson_interval, with_overrides

__all__ = [
    "ByHand",
    "FlowLink",
    "FlowMap",
    "FlowNode",
    "Linked",
    "drawn_shares",
    "estimate_conversions",
    "flow_map",
    "induced",
    "lasting_loop",
    "wilson_interval",
    "with_overrides",
]
