"""The tree-sitter queries for definitions, imports and mentions in each language.

A definition's pattern captures the whole as ``class``, ``function``, ``method`` or ``field`` and its name as
``name``; ``bases`` are the types it extends, and its header ends where ``body`` begins. Queries run inside
tree-sitter, an order of magnitude faster than a walk over the nodes from Python; that is what makes an index
of a million lines quick.
"""

_PYTHON = """
(class_definition name: (identifier) @name superclasses: (argument_list)? @bases body: (block) @body) @class
(function_definition name: (identifier) @name body: (block) @body) @function
(module (expression_statement (assignment left: (identifier) @name)) @field)
(class_definition body: (block (expression_statement (assignment left: (identifier) @name)) @field))
(assignment left: (attribute object: (identifier) @receiver attribute: (identifier) @name)
  (#eq? @receiver "self")) @field
(import_statement) @import
(import_from_statement) @import
(future_import_statement) @import
"""

_JAVA = """
(class_declaration name: (identifier) @name superclass: (superclass)? @bases
  interfaces: (super_interfaces)? @bases body: (class_body) @body) @class
(interface_declaration name: (identifier) @name (extends_interfaces)? @bases
  body: (interface_body) @body) @class
(enum_declaration name: (identifier) @name interfaces: (super_interfaces)? @bases
  body: (enum_body) @body) @class
(record_declaration name: (identifier) @name interfaces: (super_interfaces)? @bases
  body: (class_body) @body) @class
(annotation_type_declaration name: (identifier) @name body: (annotation_type_body) @body) @class
(method_declaration name: (identifier) @name body: (block)? @body) @method
(constructor_declaration name: (identifier) @name body: (constructor_body) @body) @method
(field_declaration declarator: (variable_declarator name: (identifier) @name)) @field
(enum_constant name: (identifier) @name) @field
(import_declaration) @import
"""

_JAVASCRIPT = """
(class_declaration name: (_) @name (class_heritage)? @bases body: (class_body) @body) @class
(function_declaration name: (identifier) @name body: (statement_block) @body) @function
(generator_function_declaration name: (identifier) @name body: (statement_block) @body) @function
(method_definition name: (_) @name body: (statement_block) @body) @method
(program [(lexical_declaration (variable_declarator name: (identifier) @name
  value: (arrow_function body: (_) @body)))
  (export_statement (lexical_declaration (variable_declarator name: (identifier) @name
  value: (arrow_function body: (_) @body))))] @function)
(program [(lexical_declaration (variable_declarator name: (identifier) @name
  value: [(string) (number) (object) (array) (call_expression) (new_expression) (member_expression)]))
  (export_statement (lexical_declaration (variable_declarator name: (identifier) @name
  value: [(string) (number) (object) (array) (call_expression) (new_expression) (member_expression)])))]
  @field)
(import_statement) @import
"""

_TYPESCRIPT = (
    _JAVASCRIPT
    + """
(abstract_class_declaration name: (_) @name (class_heritage)? @bases body: (class_body) @body) @class
(interface_declaration name: (_) @name (extends_type_clause)? @bases body: (_) @body) @class
(enum_declaration name: (identifier) @name body: (enum_body) @body) @class
(type_alias_declaration name: (_) @name) @class
(function_signature name: (identifier) @name) @function
(method_signature name: (_) @name) @method
(abstract_method_signature name: (_) @name) @method
(public_field_definition name: (_) @name) @field
(property_signature name: (_) @name) @field
"""
)

_GO = """
(function_declaration name: (identifier) @name body: (block)? @body) @function
(method_declaration receiver: (parameter_list) @receiver_type name: (field_identifier) @name
  body: (block)? @body) @method
(type_declaration (type_spec name: (type_identifier) @name type: [(struct_type (field_declaration_list) @body)
  (interface_type) (map_type) (slice_type) (function_type) (type_identifier) (pointer_type)
  (qualified_type)])) @class
(source_file (const_declaration (const_spec name: (identifier) @name) @field))
(source_file (var_declaration (var_spec name: (identifier) @name) @field))
(import_spec) @import
"""

_RUST = """
(function_item name: (identifier) @name body: (block) @body) @function
(function_signature_item name: (identifier) @name) @function
(struct_item name: (type_identifier) @name body: (_)? @body) @class
(enum_item name: (type_identifier) @name body: (_) @body) @class
(union_item name: (type_identifier) @name body: (_) @body) @class
(trait_item name: (type_identifier) @name bounds: (trait_bounds)? @bases body: (_) @body) @class
(impl_item trait: (_)? @bases type: (_) @name body: (_) @body) @class
(mod_item name: (identifier) @name body: (_) @body) @class
(type_item name: (type_identifier) @name) @class
(const_item name: (identifier) @name) @field
(static_item name: (identifier) @name) @field
(field_declaration name: (field_identifier) @name) @field
(macro_definition name: (identifier) @name) @function
(use_declaration) @import
"""

_C = """
(function_definition declarator: (_ declarator: (identifier) @name) body: (_) @body) @function
(function_definition declarator: (pointer_declarator declarator: (function_declarator
  declarator: (identifier) @name)) body: (_) @body) @function
(translation_unit (declaration declarator: (function_declarator declarator: (identifier) @name)) @function)
(struct_specifier name: (type_identifier) @name body: (_) @body) @class
(union_specifier name: (type_identifier) @name body: (_) @body) @class
(enum_specifier name: (type_identifier) @name body: (_) @body) @class
(type_definition declarator: (type_identifier) @name) @class
(preproc_def name: (identifier) @name) @field
(preproc_function_def name: (identifier) @name) @function
(field_declaration declarator: (field_identifier) @name) @field
(preproc_include) @import
"""

_CPP = (
    _C
    + """
(class_specifier name: (type_identifier) @name (base_class_clause)? @bases
  body: (field_declaration_list) @body) @class
(namespace_definition name: (_) @name body: (_) @body) @class
(function_definition declarator: (function_declarator declarator: (qualified_identifier) @name)
  body: (_) @body) @method
(function_definition declarator: (function_declarator declarator: (field_identifier) @name)
  body: (_) @body) @method
(field_declaration declarator: (function_declarator declarator: (field_identifier) @name)) @method
"""
)

_CSHARP = """
(class_declaration name: (identifier) @name (base_list)? @bases body: (_) @body) @class
(interface_declaration name: (identifier) @name (base_list)? @bases body: (_) @body) @class
(struct_declaration name: (identifier) @name (base_list)? @bases body: (_) @body) @class
(record_declaration name: (identifier) @name (base_list)? @bases body: (_)? @body) @class
(enum_declaration name: (identifier) @name body: (_) @body) @class
(method_declaration name: (identifier) @name body: (_)? @body) @method
(constructor_declaration name: (identifier) @name body: (_) @body) @method
(property_declaration name: (identifier) @name accessors: (_)? @body) @field
(field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @field
(using_directive) @import
"""

DEFINITIONS = {
    "python": _PYTHON,
    "java": _JAVA,
    "javascript": _JAVASCRIPT,
    "javascriptreact": _JAVASCRIPT,
    "typescript": _TYPESCRIPT,
    "typescriptreact": _TYPESCRIPT,
    "go": _GO,
    "rust": _RUST,
    "c": _C,
    "cpp": _CPP,
    "csharp": _CSHARP,
}

_ECMASCRIPT_MENTIONS = """
[(identifier) (property_identifier) (shorthand_property_identifier)] @identifier
[(string) (template_string)] @string
"""

MENTIONS = {
    "python": """
(identifier) @identifier
(type (identifier) @type)
(type (generic_type (identifier) @type))
(string) @string
""",
    "java": """
(identifier) @identifier
(type_identifier) @type
(string_literal) @string
""",
    "javascript": _ECMASCRIPT_MENTIONS,
    "javascriptreact": _ECMASCRIPT_MENTIONS,
    "typescript": _ECMASCRIPT_MENTIONS + "(type_identifier) @type",
    "typescriptreact": _ECMASCRIPT_MENTIONS + "(type_identifier) @type",
    "go": """
[(identifier) (field_identifier) (package_identifier)] @identifier
(type_identifier) @type
[(interpreted_string_literal) (raw_string_literal)] @string
""",
    "rust": """
[(identifier) (field_identifier)] @identifier
(type_identifier) @type
(string_literal) @string
""",
    "c": """
[(identifier) (field_identifier)] @identifier
(type_identifier) @type
(string_literal) @string
""",
    "cpp": """
[(identifier) (field_identifier) (namespace_identifier)] @identifier
(type_identifier) @type
(string_literal) @string
""",
    "csharp": """
(identifier) @identifier
(base_list (identifier) @type)
(object_creation_expression type: (identifier) @type)
(variable_declaration type: (identifier) @type)
(parameter type: (identifier) @type)
(string_literal) @string
""",
}
