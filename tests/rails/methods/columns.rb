class Sample < ActiveRecord::Migration[7.2]
  def change
    create_table :users do |t|
      t.string :name
      t.string :code
      t.integer :n
      t.bigint :big
      t.boolean :active
      t.datetime :at
      t.jsonb :settings
      t.decimal :price, precision: 8, scale: 2
      t.decimal :whole, precision: 8
      t.uuid :token
      t.text :tags, array: true
      t.date :day
      t.float :ratio
      t.index :code
      t.index [:name, :code]
      t.index [:n, :code], name: "own"
    end
    add_column :users, :a, :string
    add_column "users", "b", "string", default: "x", null: false
    add_column :users, :c, :datetime, null: false, default: -> { "CURRENT_TIMESTAMP" }
    add_column :users, :d, :integer, limit: 8, comment: "Eight bytes"
    add_column :users, :e, :string, array: true, default: []
    add_column :users, :f, :string, index: true
    add_column :users, :g, :bigint, if_not_exists: true
    add_column :users, :g, :bigint, if_not_exists: true
    add_column :users, :h, :decimal, precision: 10, scale: 2, default: 0.5
    add_column :users, :i, :timestamp, precision: 0
    add_column :users, :j, "varchar(12)[]"
    add_column :users, :k, :references
    add_column :users, :l, :string, limit: 20, collation: "C"
    add_column :users, :m, :text, limit: 4294967295
    add_column :users, :o, :string, default: nil
    add_column :users, :p, :primary_key
    add_column :users, :q, :uuid, default: "gen_random_uuid()", null: false
    add_column :users, :r, :virtual, type: :integer, as: "n + 1", stored: true
    add_column :users, :s, :float, limit: 24
    add_column :users, :t, :boolean, default: 0
    add_column :users, :u, :string, default: 5
    add_column :users, :v, :datetime, default: "2020-01-31"
    add_column :users, :w, :decimal, scale: 2
    add_column :users, :x, :string, default: false
    add_column :users, :y, :integer, default: ""
    add_columns :users, :one, :two, type: :string, null: false
    remove_column :users, :a
    remove_column :users, :b, :string, default: "x", null: false
    remove_column :users, :nothing, if_exists: true
    remove_columns :users, :c, :d
    remove_columns :users, :one, :two, type: :string, null: false
    change_column :users, :name, :text
    change_column :users, :name, :string, limit: 50, null: false, default: "nobody"
    change_column :users, :n, :string, using: "n::text"
    change_column :users, :n, :integer, cast_as: :integer
    change_column :users, :code, :string, default: nil, null: true, comment: "A code"
    change_column :users, :at, :datetime
    change_column :users, :at, :datetime, precision: 3, null: false
    change_column :users, :name, :string, collation: "C"
    change_column_default :users, :name, "somebody"
    change_column_default :users, :name, nil
    change_column_default :users, :name, true
    change_column_default :users, :active, from: nil, to: false
    change_column_default :users, :active, 1
    change_column_default :users, :n, "7"
    change_column_default :users, :big, 7
    change_column_default :users, :at, -> { "now()" }
    change_column_default :users, :settings, { "a" => 1 }
    change_column_default :users, :settings, from: nil, to: {}
    change_column_default :users, :settings, "{}"
    change_column_default :users, :price, 10
    change_column_default :users, :price, 9.99
    change_column_default :users, :whole, 9
    change_column_default :users, :token, "gen_random_uuid()"
    change_column_default :users, :tags, ["a"]
    change_column_default :users, :day, "2020-02-03"
    change_column_default :users, :ratio, 0.25
    change_column_default :users, :code, :draft
    change_column_null :users, :name, false
    change_column_null :users, :name, true
    change_column_null :users, :code, false, "none"
    change_column_null :users, :active, false, true
    change_column_null :users, :n, false, 0
    change_column_null :users, :code, "false"
    change_column_null :users, :missing, true
    rename_column :users, :code, :abbreviation
    rename_column :users, :n, :number
    add_timestamps :users
    remove_timestamps :users
    add_timestamps :users, null: true, default: -> { "now()" }
    remove_timestamps :users, null: true
    add_timestamps :users, precision: 0, null: true
  end
end
