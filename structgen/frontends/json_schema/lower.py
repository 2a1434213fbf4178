"""Schema nodes to network states. A key here is a place in a value; its `expand` is one step on."""

from __future__ import annotations

from typing import NamedTuple

from structgen.frontends.json_schema.constants import constants
from structgen.frontends.json_schema.formula import FALSE
from structgen.frontends.json_schema.layout import Layout
from structgen.frontends.json_schema.lower_arrays import array_state
from structgen.frontends.json_schema.lower_objects import object_state
from structgen.frontends.json_schema.nodes import Node
from structgen.frontends.json_schema.satisfiability import (
    array_conditions,
    object_conditions,
    settled,
)
from structgen.frontends.json_schema.syntax import (
    AnyValue,
    number_piece,
    string_piece,
    word_piece,
)
from structgen.network import Choice, Definition, Network

__all__ = ["Value", "value_state"]


def value_state(network: Network, node: Node, layout: Layout, depth: int) -> int:
    """The piece that reads a value of a node that something satisfies."""
    if node.is_all:
        return network.state(AnyValue(layout, depth))
    types = node.only_types
    if types is not None:
        return network.state(AnyValue(layout, depth, types))
    return network.state(Value(node, layout, depth))


class Value(NamedTuple):
    """A value of a node; a piece."""

    node: Node
    layout: Layout
    depth: int

    @property
    def owner(self) -> object:
        return self.node.schemas

    def expand(self, network: Network) -> Definition:
        node, layout, depth = self
        if not node.is_branch:
            if len(node.branches) > 1 or node.refers:
                return Choice(
                    tuple(
                        value_state(network, each, layout, depth)
                        for each in node.branches
                        if each.is_satisfiable()
                    )
                )
            (node,) = node.branches
        if node.values is not None:
            return Choice(
                constants(
                    network,
                    tuple(node.values),
                    layout,
                    depth,
                    node.schemas.in_order,
                    plain_integers=node.plain_integers,
                )
            )
        of = node.sole_core or node
        options = [string_piece(network, spec) for spec in of.strings.specs]
        options += [number_piece(network, spec) for spec in of.numbers.specs]
        options += [word_piece(network, word.encode()) for word in sorted(of.words)]
        # A value is asked for only where there is one: the last type that is left needs no proof.
        if node.objects is not FALSE and (
            (node.arrays is FALSE and not options) or settled(object_conditions(node))
        ):
            options.append(object_state(network, node, layout, depth))
        if node.arrays is not FALSE and (not options or settled(array_conditions(node))):
            options.append(array_state(network, node, layout, depth))
        return Choice(tuple(options))
