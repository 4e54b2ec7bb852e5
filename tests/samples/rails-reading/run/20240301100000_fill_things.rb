class FillThings < ActiveRecord::Migration[6.1]
  disable_ddl_transaction!

  class Thing < ActiveRecord::Base
    self.table_name = "things"
  end

  def up
    each_statement { |sql| execute(sql) }
    execute <<~SQL.squish
      UPDATE things
         SET code = 'it''s \t #{default_code}'
    SQL
    execute(<<-ONE + <<-'TWO')
      UPDATE shops SET label = '#{"a" "b"}' WHERE
    ONE
      name = '\1 #{nothing}'
    TWO
    connection.execute %q(UPDATE shops SET label = 'c' WHERE (name) = '(d)')
    connection = ActiveRecord::Base.connection
    connection.execute "UPDATE %s SET label = %{x}".sub("%{x}", "'e'") % "things"
    transaction { execute "UPDATE shops SET label = #{quote("o'clock")} WHERE label = ?".sub("?", "'f'") }
    Thing.reset_column_information
    say "done", true
  end

  def down
    execute ["UPDATE things", "SET code = NULL"].join(" ")
  end

  def default_code
    "none"
  end

  def each_statement
    yield "UPDATE shops SET label = 'g'"
    yield "UPDATE things SET label = 'h'"
  end
end
