"""Whether a tree has a shape for which a query over all of it takes far too long.

A query of tree-sitter looks at the ancestors and the siblings of each node, cannot be interrupted, and holds
the interpreter's lock. Code that people write is some dozen levels deep, and what does not parse in it is
short. Text made to do harm has a hundred thousand levels, or as many unparsed marks side by side.
"""

from tree_sitter import Node

DEPTH_MAX = 400
ERROR_CHILDREN_MAX = 2_000
# Between two places that are looked at: what is so only between them is not large enough to do harm.
BYTES_BETWEEN = 1_000


def is_too_costly(root: Node) -> bool:
    """Looked at in many places of the text, evenly spread, in about a millisecond."""
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
