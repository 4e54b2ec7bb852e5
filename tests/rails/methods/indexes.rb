class Sample < ActiveRecord::Migration[7.2]
  def change
    create_table :users do |t|
      t.string :name
      t.string :email
      t.boolean :active
      t.integer :n
      t.jsonb :data
      t.string :a_column_with_quite_a_long_name
      t.string :another_column_with_quite_a_long_name
    end
    add_index :users, :name
    add_index :users, [:name, :email], unique: true
    add_index "users", "email", name: "emails"
    add_index :users, "lower(name)"
    add_index :users, "lower(email), n", name: "expressions", unique: true
    add_index :users, [:n, :name], order: { n: :desc, name: "asc nulls first" }
    add_index :users, :n, order: :desc, name: "falling"
    add_index :users, :email, opclass: :varchar_pattern_ops, name: "patterns"
    add_index :users, [:email, :name], opclass: { email: :varchar_pattern_ops }, order: { email: :desc }, name: "both"
    add_index :users, :n, where: "active", name: "partial"
    add_index :users, :n, where: "active = TRUE", name: "partial_expression"
    add_index :users, :data, using: :gin
    add_index :users, :name, using: "hash", name: "hashes"
    add_index :users, :email, if_not_exists: true, name: "emails"
    add_index :users, :active, comment: "It's seldom"
    add_index :users, :n, length: 10, name: "lengths"
    add_index :users, :n, include: [:email], name: "covering"
    add_index :users, :n, include: :email, name: "covering_one"
    add_index :users, :n, unique: true, nulls_not_distinct: true, name: "distinct"
    add_index :users, :n, wrong: 1
    add_index :users, :n, algorithm: :wrong
    add_index :users, [:a_column_with_quite_a_long_name, :another_column_with_quite_a_long_name]
    add_index :users, :another_column_with_quite_a_long_name
    add_index :users, :missing
    rename_index :users, "emails", "mails"
    rename_index :users, :partial, :half
    remove_index :users, :name
    remove_index :users, name: "hashes"
    remove_index :users, :name
    remove_index :users, [:name, :email]
    remove_index :users, column: [:n, :name]
    remove_index :users, "lower(name)"
    remove_index :users, name: "expressions"
    remove_index :users, name: :falling, column: :n
    remove_index :users, :data, using: :gin
    remove_index :users, :missing
    remove_index :users, :missing, if_exists: true
    remove_index :users, column: :active, comment: "It's seldom"
    remove_index :users, name: "nothing", if_exists: true
    remove_index :users, :another_column_with_quite_a_long_name
  end
end
