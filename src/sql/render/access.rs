//! A block that lets those who may use a table use a view of it in the same way.

use super::super::literal::{dollar_tag, literal};
use crate::operation::QualifiedName;

/// What its quotes begin with: what is in them does nothing to the schema.
pub const TAG: &str = "safestep_access";

/// The view gets the table's owner and privileges, and no others. From PostgreSQL 15 on who uses the view uses the table as
/// himself, so that row security goes by him as well; before that it would go by the owner, and the block fails.
pub(super) fn shared(table: &QualifiedName, view: &QualifiedName) -> String {
    let [table_name, view_name] = [table, view].map(|name| literal(&name.to_string()));
    let message = literal(&format!("{table} has row security, which a view passes by before PostgreSQL 15"));
    let who = "CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END";
    let option = "CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END";
    let body = format!(
        "DECLARE
  of_table CONSTANT regclass := {table_name};
  of_view CONSTANT regclass := {view_name};
  statement text;
BEGIN
  IF current_setting('server_version_num')::int >= 150000 THEN
    ALTER VIEW {view} SET (security_invoker = true);
  ELSIF (SELECT relrowsecurity FROM pg_class WHERE oid = of_table) THEN
    RAISE EXCEPTION {message};
  END IF;
  FOR statement IN
    SELECT made.text FROM (
      SELECT 1, format('ALTER VIEW %s OWNER TO %s', of_view, t.relowner::regrole)
        FROM pg_class t, pg_class v WHERE t.oid = of_table AND v.oid = of_view AND v.relowner <> t.relowner
      UNION ALL
      SELECT 2, format('REVOKE ALL ON %s FROM %s', of_view, {who})
        FROM pg_class, aclexplode(relacl) WHERE oid = of_view AND grantee <> relowner
      UNION ALL
      SELECT 3, format('GRANT %s ON %s TO %s%s', privilege_type, of_view, {who}, {option})
        FROM pg_class, aclexplode(relacl) WHERE oid = of_table AND grantee <> relowner
      UNION ALL
      SELECT 3, format('GRANT %s (%I) ON %s TO %s%s', privilege_type, attname, of_view, {who}, {option})
        FROM pg_attribute, aclexplode(attacl) WHERE attrelid = of_table AND NOT attisdropped
    ) AS made (turn, text) ORDER BY made.turn
  LOOP
    EXECUTE statement;
  END LOOP;
END
"
    );
    let tag = dollar_tag(TAG, &body);
    format!("DO {tag}\n{body}{tag}")
}
