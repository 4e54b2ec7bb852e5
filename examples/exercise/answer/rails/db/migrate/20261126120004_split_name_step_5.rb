# Step 5 of 7 · split_name · takes its time; reads and writes go on (SHARE UPDATE EXCLUSIVE)
# If it fails: it leaves an INVALID index. Run bin/rails db:migrate again: it is dropped and built anew
class SplitNameStep5 < ActiveRecord::Migration[7.2]
  disable_ddl_transaction!

  def up
    without_timeouts do
      drop_invalid_index "index_users_on_phone"
      add_index :users, :phone, unique: true, algorithm: :concurrently, if_not_exists: true
      check_index "index_users_on_phone", on: :users, columns: %w[phone], unique: true
    end
  end

  def down
    without_timeouts do
      remove_index :users, name: "index_users_on_phone", algorithm: :concurrently, if_exists: true
    end
  end

  private

  # It takes as long as it takes, and nobody waits for it.
  def without_timeouts
    names = %w[lock_timeout statement_timeout]
    saved = names.map { |name| connection.select_value("SHOW #{name}") }
    names.each { |name| connection.execute "SET #{name} = 0" }
    yield
  ensure
    saved&.zip(names) { |value, name| connection.execute "SET #{name} = '#{value}'" }
  end

  # A build that was interrupted leaves an INVALID index, which `if_not_exists` takes for a good one.
  def drop_invalid_index(name)
    invalid = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(#{connection.quote(name)}) AND NOT indisvalid"
    connection.execute "DROP INDEX CONCURRENTLY #{name}" if connection.select_value(invalid)
  end

  # `if_not_exists` takes any index of that name for the one that is wanted.
  def check_index(name, on:, **shape)
    wanted = { unique: false, partial: false }.merge(shape)
    index = connection.indexes(on).find { |own| own.name == name }
    found = { columns: index&.columns, unique: index&.unique, partial: index&.where.present? }
    return if found.slice(*wanted.keys) == wanted

    raise "#{name} is another index than this migration builds: drop it or give it another name, and run this again"
  end
end
