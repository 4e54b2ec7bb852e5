class Sample < ActiveRecord::Migration[7.2]
  def change
    create_table :users
    create_table :plain, id: false do |t|
      t.string :name, null: false, limit: 40
      t.string :a, :b, default: "it's"
      t.text :notes
      t.integer :n, default: 0, null: false
      t.integer :small, limit: 2
      t.integer :big, limit: 8
      t.bigint :bigger, default: "12"
      t.decimal :price, precision: 8, scale: 2, default: 0
      t.decimal :amount, default: "1.50"
      t.numeric :rate, precision: 5
      t.float :ratio, default: 1
      t.boolean :active, default: true, null: false
      t.boolean :off, default: "f"
      t.date :day, default: "2020-01-31"
      t.datetime :at
      t.datetime :exactly, precision: 3
      t.datetime :rough, precision: nil
      t.datetime :once, default: "2020-01-31 10:20:30"
      t.datetime :now, default: "now()"
      t.datetime :later, default: -> { "now()" }
      t.timestamp :stamp
      t.time :clock, default: "10:30"
      t.binary :data
      t.json :raw
      t.jsonb :settings, default: {}, null: false
      t.jsonb :list, default: []
      t.jsonb :nested, default: { a: 1, "b" => [true, nil, "x<y"] }
      t.uuid :token, default: -> { "gen_random_uuid()" }
      t.uuid :other, default: "gen_random_uuid()"
      t.inet :address
      t.string :tags, array: true, default: []
      t.string :words, array: true, default: ["a", "b c", "d\"e"]
      t.integer :numbers, array: true, default: [1, 2]
      t.boolean :flags, array: true, default: [true, false]
      t.string :raw_tags, array: true, default: "{}"
      t.tsvector :search
      t.interval :length
      t.bit :bits, limit: 8, default: "01010101"
      t.bit_varying :more_bits
      t.money :cost
      t.xml :doc
      t.int4range :span
      t.column :typed, "varchar(20)"
      t.column :symbol, :string, default: :draft
      t.column "quoted\"name", :string
      t.string :empty, default: ""
      t.string :none, default: nil
      t.serial :counter
      t.macaddr :mac
      t.point :place
      t.string :collated, collation: "C"
    end
    create_table "things", id: :uuid do |t|
      t.string :name
      t.timestamps
    end
    create_table :numbered, id: :integer do |t|
      t.timestamps null: true
    end
    create_table :big_numbered, id: :bigint
    create_table :serials, id: :serial
    create_table :coded, id: :string, primary_key: :code, limit: 10
    create_table :hashed, id: { type: :string, limit: 12 }
    create_table :keyed, primary_key: :key_id
    create_table :pairs, primary_key: [:one, :two] do |t|
      t.integer :one
      t.integer :two
    end
    create_table :own_key, id: false do |t|
      t.primary_key :nr
      t.string :name
    end
    create_table :uuid_key, id: false do |t|
      t.primary_key :nr, :uuid
    end
    create_table :posts, comment: "What people write" do |t|
      t.references :user, foreign_key: true, null: false
      t.belongs_to :thing, type: :uuid, index: { unique: true }
      t.references :owner, polymorphic: true
      t.references :subject, polymorphic: { default: "Post" }, null: false, index: { name: "by_subject" }
      t.references :editor, foreign_key: { to_table: :users, on_delete: :nullify }, index: false
      t.string :title, index: true, comment: "Shown first"
      t.string :slug, index: { unique: true, name: "slugs" }
      t.index [:title, :slug], where: "title IS NOT NULL"
      t.index "lower(title)"
      t.timestamps precision: 3
    end
    create_table :comments, force: :cascade do |t|
      t.bigint :post_id
      t.foreign_key :posts, on_update: :cascade
      t.foreign_key :users, column: :post_id, name: "to_users"
    end
    create_table :comments, force: true
    create_table :users, if_not_exists: true do |t|
      t.string :name, index: true
    end
    create_table :scratch, temporary: true, options: "WITH (fillfactor = 50)"
    create_table :copies, as: "SELECT 1 AS one"
    create_table :a_table_whose_name_is_long_enough do |t|
      t.references :another_table_whose_name_is_long
      t.references :something_with_a_long_name, polymorphic: true
      t.string :first_column_with_a_long_name
      t.string :second_column_with_a_long_name
      t.index [:first_column_with_a_long_name, :second_column_with_a_long_name]
    end
    create_table :twice do |t|
      t.string :name
      t.integer :name
    end
    create_table :unknown do |t|
      t.string :name, nul: false
    end
    create_table :unknown_option, engine: "InnoDB"
    create_table :checked do |t|
      t.integer :n
      t.check_constraint "n > 0"
      t.check_constraint "n < 9", name: "small"
    end
    create_table :virtuals do |t|
      t.string :name
      t.virtual :upper, type: :string, as: "upper(name)", stored: true
    end
    create_table :zoned do |t|
      t.timestamptz :at
    end
    create_table :constrained do |t|
      t.integer :n
      t.unique_constraint [:n], name: "only", deferrable: :deferred
      t.unique_constraint :n
      t.exclusion_constraint "int4range(n, n + 1) WITH &&", using: :gist
    end
    create_join_table :users, :posts
    create_join_table :users, :things, table_name: :owned, column_options: { type: :uuid, null: true } do |t|
      t.index [:user_id, :thing_id], unique: true
    end
    create_join_table :music_artists, :music_records, column_options: { index: true, foreign_key: false }
    rename_table :posts, :articles
    rename_table :things, :objects
    rename_table :a_table_whose_name_is_long_enough, :short
    drop_join_table :users, :posts
    drop_table :coded
    drop_table :hashed, force: :cascade, if_exists: true
    drop_table :keyed, id: :uuid
    drop_table :numbered do |t|
      t.string :name
    end
    drop_table :big_numbered, :serials
    change_table_comment :users, "People"
    change_table_comment :users, from: "People", to: nil
    change_column_comment :checked, :n, from: nil, to: "It's a number"
    change_column_comment :checked, :n, "A number"
  end
end
