"""A schematic map: around every area's centre the land that is nearer to it than to any other.

Cities need not give outlines, so centres are what there is. The edge of the whole comes from points set around it,
and a land that is far longer than wide is drawn less so: what counts is who lies beside whom.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Voronoi, cKDTree, distance_matrix

from streams.board.names import Names, Place

Points = NDArray[np.float64]
WIDTH = 1000.0  # of the drawing; its height follows from the land
_FLATTEST, _STEEPEST = 0.62, 0.82  # height of the drawing to its width
_REACH = 1.2  # of the usual distance to a neighbour: how far land goes where nobody lives beyond
_BRIDGE = 0.64  # of the widest gap between neighbours
_FINE = 4.5  # the edge's points: so many to a reach
_LARGEST_TYPE, _LETTERS_MORE = 30.0, 1.5  # of a name, in units of the drawing; room beside it, in letters


class Region(Struct, frozen=True):
    """One area with the cells that lie in it: itself alone, or the areas below it."""

    code: str
    name: str
    x: float  # where its name stands, in units of the drawing
    y: float
    size: float  # of its name's type
    cells: Sequence[tuple[str, str, str]]  # code, name, SVG path


class Land(Struct, frozen=True):
    """The map of the areas below one."""

    height: float
    regions: Sequence[Region]
    borders: str  # SVG path of the lines between regions


def land_of(area: str, names: Names) -> Land:
    """The map of what lies below an area: of a city the townships, by county. Areas without a centre are left out."""
    regions = [place for place in names.below.get(area, ()) if _is_placed(place)]
    if area == names.city:
        grouped = {place: [p for p in names.below.get(place.code, ()) if _is_placed(p)] or [place] for place in regions}
    else:
        grouped = {place: [place] for place in regions}
    return _draw(grouped) if grouped else Land(0.0, (), "")


def _is_placed(place: Place) -> bool:
    return place.lon is not None and place.lat is not None


def _draw(grouped: dict[Place, list[Place]]) -> Land:
    places = [place for cells in grouped.values() for place in cells]
    owner = np.array([n for n, cells in enumerate(grouped.values()) for _ in cells])
    points = _plane(places)
    diagram = Voronoi(np.vstack([points, _edge(points)]))
    shapes = [diagram.vertices[diagram.regions[diagram.point_region[n]]] for n in range(len(points))]
    corners = np.vstack(shapes)
    low = corners.min(axis=0)
    width, height = np.ptp(corners, axis=0)
    scale = WIDTH / width
    shapes = [(shape - low) * scale for shape in shapes]
    regions = [
        _region(place, [(p, shapes[n]) for n, p in enumerate(places) if owner[n] == number])
        for number, place in enumerate(grouped)
    ]
    return Land(float(height * scale), regions, _borders(diagram, owner, low, scale))


def _region(place: Place, cells: Sequence[tuple[Place, Points]]) -> Region:
    middles = np.array([shape.mean(axis=0) for _, shape in cells])
    x, y = middles.mean(axis=0)
    corners = np.vstack([shape for _, shape in cells])
    size = min(_LARGEST_TYPE, float(np.ptp(corners[:, 0])) / (len(place.name) + _LETTERS_MORE))
    drawn = [(p.code, p.name, "M" + "L".join(f"{a:.0f} {b:.0f}" for a, b in shape) + "Z") for p, shape in cells]
    return Region(place.code, place.name, float(x), float(y), size, drawn)


def _borders(diagram: Voronoi, owner: NDArray[np.int64], low: Points, scale: float) -> str:
    """Lines between cells of different regions, and around the whole."""
    lines = []
    for (one, other), ends in zip(diagram.ridge_points, diagram.ridge_vertices, strict=True):
        whose = [owner[n] if n < len(owner) else -1 for n in (one, other)]
        if whose[0] != whose[1] and -1 not in ends:
            (x1, y1), (x2, y2) = (diagram.vertices[list(ends)] - low) * scale
            lines.append(f"M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}")
    return "".join(lines)


def _plane(places: Sequence[Place]) -> Points:
    """Centres on a plane, y down; two in one spot are pushed apart a little."""
    lon, lat = np.array([p.lon for p in places]), np.array([p.lat for p in places])
    points = np.column_stack([lon * np.cos(np.radians(lat.mean())), -lat]).astype(np.float64)
    width, height = np.maximum(np.ptp(points, axis=0), 1e-2)
    points[:, 1] *= np.clip(height / width, _FLATTEST, _STEEPEST) * width / height
    turns = np.arange(len(points)) * 2.399963  # the golden angle: no two the same way
    return np.asarray(points + np.column_stack([np.cos(turns), np.sin(turns)]) * width * 1e-3)


def _edge(points: Points) -> Points:
    """Points all around the land, none within reach of an area."""
    tree, reach = cKDTree(points), _reach(points)
    low, high = points.min(axis=0) - 3 * reach, points.max(axis=0) + 3 * reach
    step = reach / _FINE
    x, y = np.meshgrid(np.arange(low[0], high[0] + step, step), np.arange(low[1], high[1] + step, step))
    lattice = np.column_stack([x.ravel(), y.ravel()])
    return np.asarray(lattice[tree.query(lattice)[0] > reach], dtype=np.float64)


def _reach(points: Points) -> float:
    """How far from a centre land goes: some way towards a neighbour, and far enough that the land hangs together."""
    if len(points) == 1:
        return 1.0
    usual = float(np.median(cKDTree(points).query(points, k=2)[0][:, 1]))
    widest = float(minimum_spanning_tree(distance_matrix(points, points)).data.max())
    return max(_REACH * usual, _BRIDGE * widest)
