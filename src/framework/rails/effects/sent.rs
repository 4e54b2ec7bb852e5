//! Calls that reach the database: schema methods, with what their blocks call on the table, and SQL.

use super::{Around, EffectKind, Reader, harmless};
use crate::framework::rails::ruby::{Block, Call, Expression};
use crate::framework::rails::scope::Bound;
use crate::framework::rails::value::{Arguments, BlockCall, Call as SchemaCall, Receiver, Value, Why};

impl<'a> Reader<'_, 'a> {
    pub(super) fn schema(
        &mut self,
        expression: &Expression,
        method: &str,
        receiver: Receiver,
        mut arguments: Arguments,
        block: Option<Vec<BlockCall>>,
    ) -> Result<(), Why> {
        if let Some(guard) = &self.guard {
            guard.binds(method, &mut arguments)?;
        }
        let unknown_in_block = block.iter().flatten().find_map(|call| call.arguments.unknown());
        if let Some(why) = arguments.unknown().or(unknown_in_block) {
            return Err(why.to_owned());
        }
        let call = SchemaCall { method: method.to_owned(), receiver, arguments, block, span: expression.extent() };
        self.push(expression, EffectKind::Schema(call));
        Ok(())
    }

    pub(super) fn execute(&mut self, expression: &'a Expression, call: &'a Call, name: &str) -> Result<(), Why> {
        if self.guard.is_some() {
            return Err(name.to_owned());
        }
        let arguments = self.arguments(call)?;
        match &arguments.positional[..] {
            // The second one is what the log says.
            [Value::Text(sql)] | [Value::Text(sql), Value::Text(_) | Value::Nil] => {
                self.push(expression, EffectKind::Sql(sql.clone()));
                Ok(())
            }
            [first, ..] => match first.unknown() {
                Some(why) => Err(format!("{name} of {why}")),
                None => Err(format!("{name} of {}", first.kind())),
            },
            [] => Err(format!("{name} of nothing")),
        }
    }

    /// A call on the connection.
    pub(super) fn connection(&mut self, expression: &'a Expression, call: &'a Call, name: &str) -> Result<(), Why> {
        match (name, &call.block) {
            ("transaction", Some(block)) => {
                self.arguments(call)?;
                self.block(block, Around { in_transaction: true, ..self.around })
            }
            _ if harmless::sends_sql(name) && call.block.is_none() => self.execute(expression, call, name),
            ("create_table" | "change_table" | "create_join_table" | "drop_table" | "drop_join_table", Some(block)) => {
                let arguments = self.arguments(call)?;
                let calls = self.table_block(block)?;
                self.schema(expression, name, Receiver::Connection, arguments, Some(calls))
            }
            _ if harmless::is_harmless(&self.names(), expression) => Ok(()),
            (_, Some(_)) => Err(format!("a block of {name}")),
            (_, None) => {
                let arguments = self.arguments(call)?;
                self.schema(expression, name, Receiver::Connection, arguments, None)
            }
        }
    }

    pub(super) fn table_block(&mut self, block: &'a Block) -> Result<Vec<BlockCall>, Why> {
        let [table] = &block.parameters[..] else {
            return match block.body.statements.is_empty() {
                true => Ok(Vec::new()),
                false => Err("a block without a table".to_owned()),
            };
        };
        if self.table.is_some() {
            return Err("a table in a table".to_owned());
        }
        self.own.set(table.name.slice(self.file), Bound::Table);
        let effects = self.effects.len();
        self.table = Some(Vec::new());
        let done = self.block(block, self.around);
        let calls = self.table.take().unwrap_or_default();
        done?;
        match self.effects.len() == effects {
            true => Ok(calls),
            false => Err("another call in the block of a table".to_owned()),
        }
    }

    /// `t.string :name`
    pub(super) fn table(&mut self, expression: &'a Expression, call: &'a Call, name: &str) -> Result<(), Why> {
        if call.block.is_some() {
            return Err(format!("a block of {name}"));
        }
        let arguments = self.arguments(call)?;
        // `if t.respond_to?(:jsonb)`
        if name == "respond_to?" {
            return Ok(());
        }
        if let Some(why) = arguments.unknown() {
            return Err(why.to_owned());
        }
        let block_call = BlockCall { method: name.to_owned(), arguments, span: expression.span };
        self.table.as_mut().ok_or("a table outside of its block")?.push(block_call);
        Ok(())
    }
}
