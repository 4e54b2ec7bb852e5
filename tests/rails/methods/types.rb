class Sample < ActiveRecord::Migration[7.2]
  def change
    create_enum :mood, %w[sad happy]
    create_enum "status", ["it's", "new"]
    create_table :people do |t|
      t.enum :mood, enum_type: :mood, default: "sad", null: false
      t.column :other, :mood, default: :happy
    end
    add_column :people, :state, :enum, enum_type: "status"
    change_column_default :people, :mood, "happy"
    add_enum_value :mood, "angry"
    add_enum_value :mood, "glad", before: "happy"
    add_enum_value :mood, "dull", after: "sad", if_not_exists: true
    rename_enum_value :mood, from: "sad", to: "blue"
    rename_enum :mood, to: :feeling
    rename_enum :feeling, :mood
    create_enum :unused, %w[a b]
    drop_enum :unused, %w[a b]
    drop_enum :nothing, if_exists: true
    enable_extension "hstore"
    enable_extension :citext
    create_table :extended do |t|
      t.hstore :tags, default: {}
      t.hstore :pairs, default: { a: 1, "b" => nil }
      t.citext :email, default: "x"
    end
    disable_extension "citext"
    create_schema "other"
    create_schema "more", if_not_exists: true
    create_table "other.things" do |t|
      t.string :name, index: true
      t.references :owner, polymorphic: true
    end
    add_index "other.things", [:name, :owner_id]
    add_reference "other.things", :thing, foreign_key: { to_table: "other.things" }
    add_foreign_key "other.things", "other.things", column: :owner_id
    rename_index "other.things", "index_things_on_name", "names"
    remove_index "other.things", :owner_id
    remove_index "other.things", name: "names"
    rename_column "other.things", :name, :label
    drop_schema "other"
    drop_schema "nothing", if_exists: true
  end
end
