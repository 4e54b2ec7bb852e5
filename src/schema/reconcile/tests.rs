use super::*;
use crate::operation::{Ident, Operation, QualifiedName};
use crate::sql::read_statement;

fn schema(statements: &str) -> Schema {
    let mut schema = Schema::default();
    for statement in statements.split(';').filter(|s| !s.trim().is_empty()) {
        let read: Vec<Operation> = read_statement(statement).operations.into_iter().map(|o| o.operation).collect();
        read.iter().for_each(|operation| schema.apply(operation));
    }
    schema.begin_migration();
    schema
}

#[track_caller]
fn differ(replayed: &str, written: &str, expected: &[&str]) -> Schema {
    let mut known = schema(replayed);
    let found: Vec<String> = known.reconcile(&schema(written)).iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
    known
}

#[test]
fn spelling_and_what_was_made_by_hand_are_no_difference() {
    differ(
        "CREATE TABLE \"t\" (a serial PRIMARY KEY, b int DEFAULT '1', c \"public\".\"E\" DEFAULT 'x'::\"public\".\"E\",
            d jsonb DEFAULT '{}'::jsonb, by_hand text, CHECK (by_hand <> ''));
         CREATE INDEX i ON t (b) WHERE b > 0; CREATE INDEX by_hand ON t (b); CREATE TABLE by_hand (a int)",
        "CREATE TABLE public.t (a serial, b integer DEFAULT 1, c \"E\" DEFAULT 'x', d jsonb DEFAULT '{}',
            CONSTRAINT t_a_pk PRIMARY KEY (a));
         CREATE INDEX i ON t USING btree (\"b\") WHERE \"t\".\"b\" > 0",
        &[],
    );
}

#[test]
fn where_the_two_differ_nothing_is_proved() {
    let known = differ(
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (a int, b varchar(5), c int NOT NULL, d int PRIMARY KEY)",
        "CREATE TYPE e AS ENUM ('b', 'a', 'c'); CREATE TABLE t (a int NOT NULL, b text, c int, d int NOT NULL, e int NOT NULL,
            CONSTRAINT t_pkey PRIMARY KEY (e), CONSTRAINT t_b CHECK (b IS NOT NULL)); CREATE UNIQUE INDEX i ON t (e)",
        &[
            "t.a is NOT NULL there, nullable here",
            "t.b is text there, varchar(5) here",
            "t.c is nullable there, NOT NULL here",
            "t.e is present there, missing here",
            "PRIMARY KEY t_pkey of t is (e) there, (d) here",
            "CHECK t_b of t is present there, missing here",
            "index i of t is present there, missing here",
            "label 'c' of enum e is present there, missing here",
            "enum e is in another order there",
        ],
    );
    let table = QualifiedName::unqualified(Ident::new("t"));
    let not_null: Vec<bool> = known.table(&table).into_iter().flat_map(|t| &t.columns).map(|c| c.not_null).collect();
    assert_eq!(not_null, [false, false, false, true, false]);
    assert!(known.walkable_key(&table).is_empty(), "{:?}", known.walkable_key(&table));
    let proved = |name: &str| known.constraint(&table, &Ident::new(name)).is_some_and(ConstraintState::is_proved);
    assert!(!proved("t_pkey") && !proved("t_b"));
    assert_eq!(known.enum_type(&QualifiedName::unqualified(Ident::new("e"))).map(|e| e.labels.len()), Some(2));
}
