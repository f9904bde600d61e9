"""Refusals that need no more than a header."""

from __future__ import annotations

from synth.errors import HeadError


def check_triangle_count(count: int, cap: int, *, where: str, exact: bool = True) -> None:
    """Raises HeadError where a file has, or says it has, more than `cap` triangles."""
    if count > cap:
        amount = f"{count:,}" if exact else f"more than {cap:,}"
        raise HeadError(
            f"It has {amount} triangles; up to {cap:,} are read.",
            where=where,
            mend=f"Reduce the mesh, or raise the cap: `--max-triangles {count}`."
            if exact
            else "Reduce the mesh, or raise the cap with `--max-triangles`.",
        )


def check_vertex_count(count: int, max_triangles: int, *, where: str) -> None:
    """Raises HeadError for more vertices than `max_triangles` triangles that share none could use."""
    if count > 3 * max_triangles:
        raise HeadError(
            f"It has {count:,} vertices; up to {3 * max_triangles:,} are read.",
            where=where,
            mend=f"Reduce the mesh, or raise the cap: `--max-triangles {-(-count // 3)}`.",
        )


def lying_header(what: str, *, where: str) -> HeadError:
    """The error for a header that the rest of the file contradicts."""
    return HeadError(f"The header doesn't agree with the file: {what}.", where=where, mend="Export it again.")


def empty(where: str) -> HeadError:
    """The error for a file without a triangle."""
    mend = "Export the head as a mesh, not as points or curves."
    return HeadError("There is no triangle in it.", where=where, mend=mend)
