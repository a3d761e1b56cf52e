"""Detect trees on which a query over all of the tree takes far too long.

A query of tree-sitter looks at the ancestors and the siblings of each node, cannot be interrupted, and holds
the GIL. Code that people write is some dozens of levels deep, and its unparsed parts are short. Hostile text
has a hundred thousand levels, or as many unparsed marks side by side.
"""

from tree_sitter import Node

DEPTH_MAX = 400
ERROR_CHILDREN_MAX = 2_000
# Bytes between two places that are checked: a deep or unparsed part that fits in between can do no harm.
BYTES_BETWEEN = 1_000


def is_too_costly(root: Node) -> bool:
    """True if a query may take too long.

    Checks places spread evenly over the text, in about a millisecond.
    """
    cursor = root.walk()
    for byte in range(root.start_byte, root.end_byte, BYTES_BETWEEN):
        cursor.reset(root)
        for _ in range(DEPTH_MAX):
            node = cursor.node
            if node is None or (node.is_error and node.child_count > ERROR_CHILDREN_MAX):
                return True
            if cursor.goto_first_child_for_byte(byte) is None:
                break
        else:
            return True
    return False
