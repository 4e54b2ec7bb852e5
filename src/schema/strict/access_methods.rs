//! What an index of an access method can be, and can be of.

use super::*;
use crate::operation::{CreateIndex, IndexColumn, IndexDefinition, SortOrder, TypeName};

impl Schema {
    /// `DefineIndex` in `src/backend/commands/indexcmds.c`: of PostgreSQL's own methods only btree is unique and sorted, and hash
    /// has one column.
    pub(super) fn suits_its_method(&self, index: &CreateIndex) -> Applies {
        let method = index.method.as_str();
        if !["btree", "hash", "gin", "gist", "spgist", "brin"].contains(&method) {
            return Ok(());
        }
        let cannot = |what: &str| refused(NOT_SUPPORTED, format!("access method {method} does not support {what}"));
        let is_sorted =
            |column: &IndexColumn| column.order != SortOrder::Ascending || column.nulls != column.order.nulls();
        if !index.is_btree() && index.unique {
            return cannot("unique indexes");
        }
        if !index.is_btree() && index.columns.iter().any(is_sorted) {
            return cannot("ASC/DESC and NULLS FIRST/LAST options");
        }
        if matches!(method, "hash" | "gin" | "brin") && !index.parameters.include.is_empty() {
            return cannot("included columns");
        }
        match method == "hash" && index.columns.len() > 1 {
            true => cannot("multicolumn indexes"),
            false => self.has_operator_classes(&index.table, index),
        }
    }

    /// The columns of a btree are of types that have an order, unless it is told which (`GetDefaultOpClass`).
    fn has_operator_classes(&self, table: &QualifiedName, index: &IndexDefinition) -> Applies {
        let plain = index.columns.iter().filter(|column| column.operator_class.is_none() && index.is_btree());
        plain.filter_map(|column| column.column()).try_for_each(|column| {
            match self.column(table, column).filter(|known| known.sure) {
                Some(known) => has_order(&known.ty),
                None => Ok(()),
            }
        })
    }
}

/// A key or a sorted index can be of the type.
pub(super) fn has_order(ty: &TypeName) -> Applies {
    let element = ty.canonical().trim_end_matches("[]");
    let unordered = ["json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle"];
    // A box, a circle and the like have operators but no class of them.
    match unordered.contains(&element) {
        true => {
            let none = format!("data type {ty} has no default operator class for access method \"btree\"");
            refused(UNDEFINED_OBJECT, none)
        }
        false => Ok(()),
    }
}
