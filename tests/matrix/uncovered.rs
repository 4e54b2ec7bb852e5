//! The rows that the model does not predict, and why. Each is predicted worse than it was measured, or refused by the
//! server at once.

/// Row of `matrix.json`, reason.
pub const ROWS: &[(&str, &str)] = &[
    // Refused by the server; whether SQL is valid is not what the model is about.
    ("add_column.domain_nn_no_default", "refused; the catalog keeps that a domain is constrained, not how"),
    ("add_column.references_notvalid_inline", "refused; a syntax error that is not understood, so it counts as unsafe"),
    ("add_exclude.using_index", "refused; a syntax error inside EXCLUDE, which is kept as text"),
    ("alter_table_only_rename_noop_error", "refused; whether a column exists is not checked"),
    ("combo.rename_in_multi", "refused; a syntax error that is not understood, so it counts as unsafe"),
    ("reindex_exclusion_concurrently", "refused; the catalog has no index for an EXCLUDE constraint"),
    ("cic.unique_dup", "refused; depends on the rows"),
    ("delete_parent_row", "refused; depends on the rows"),
    // The number of rows is not known.
    ("add_fk.empty_child", "an existing table counts as big; that this one is empty is not known"),
    ("create_index.empty_table", "an existing table counts as big; that this one is empty is not known"),
    ("dml.update_one", "how many rows a condition picks is not known"),
    ("dml.update_batch", "how many rows a condition picks is not known"),
    ("split_update_limit", "how many rows a condition picks is not known"),
    ("vacuum", "there was nothing to clean; usually there is"),
    // What a history does not tell.
    ("drop_index_if_exists_absent", "what the history does not make may exist all the same"),
    ("drop_table_if_exists_absent", "what the history does not make may exist all the same"),
    ("drop_owned", "what a role owns is not known, so it counts as unsafe"),
    ("reassign_owned", "what a role owns is not known, so it counts as unsafe"),
    ("set_access_method_same", "a table's access method is not known, so it counts as another one"),
    ("set_tablespace_noop", "a table's tablespace is not known, so it counts as another one"),
    ("set_tablespace_index", "the copy of an index is counted as a build; up to 16 it was measured so"),
    // Not read.
    ("add_without_overlaps", "WITHOUT OVERLAPS (18) is not understood, so it counts as unsafe"),
    ("create_unique_index_if_absent_invalid_guard", "a DO block with a dynamic statement is not understood"),
    // Older servers do less.
    (
        "add_check.no_inherit_notvalid",
        "newer servers lock children for a constraint that is not theirs, and a header is for them too",
    ),
    // A lock of a moment.
    ("reindex_partitioned_concurrently", "SHARE of a moment on each partition counts as held during the build"),
];

/// Strong locks of which nothing is said, and why.
pub const UNSAID: &[(&str, &str)] = &[(
    "detach_partition_concurrently",
    "it waits for the partition in its second transaction, when queries of the parent use it no more; a timeout would leave it half detached",
)];
