class Sample < ActiveRecord::Migration[7.2]
  def change
    create_table :users do |t|
      t.string :name
      t.string :code, index: true
      t.integer :n
      t.boolean :active
    end
    create_table :posts
    change_table :users do |t|
      t.string :a, :b, null: false
      t.column :c, :datetime
      t.datetime :d
      t.integer :e, index: { unique: true }
      t.references :post, foreign_key: true
      t.belongs_to :owner, polymorphic: true
      t.timestamps
      t.index [:a, :b]
    end
    change_table :users do |t|
      t.change :name, :text, null: false
      t.change_default :name, "x"
      t.change_null :code, false
      t.rename :code, :abbreviation
      t.remove :a, :b
      t.remove_index :e
      t.remove_references :owner, polymorphic: true
      t.remove_foreign_key :posts
      t.remove_timestamps
      t.rename_index "index_users_on_post_id", "by_post"
    end
    change_table :users, bulk: true do |t|
      t.string :f, default: "x"
      t.datetime :g, comment: "When"
      t.remove :c, :d
      t.change :n, :bigint, default: 0
      t.change_default :active, from: nil, to: true
      t.change_null :active, false
      t.index :f
      t.timestamps null: true
      t.rename :f, :h
      t.references :thing
      t.uuid :token
    end
    change_table :users, bulk: true do |t|
      t.change_null :n, false, 0
      t.string :i
    end
    change_table :users, bulk: true do |t|
      t.remove :h, :i, type: :string
      t.rename :name, :label
    end
    change_table :users, bulk: true do |t|
      t.rename :n, :m
      t.change_null :m, false
    end
    change_table :users, bulk: true do |t|
      t.string :k, null: false, default: ""
      t.rename :m, :n
      t.index :k
      t.change_default :n, from: 0, to: 1
    end
    change_table :users, bulk: true do |t|
      t.string :l
      t.rename :l, :o
    end
    change_table :users, bulk: true do |t|
      t.rename :o, :p
      t.rename :p, :q
      t.remove :q, type: :string
    end
    change_table :users, bulk: true do |t|
      t.check_constraint "n > 0", name: "positive"
      t.remove_timestamps
    end
    change_table :users do |t|
      t.unique_constraint :n
      t.exclusion_constraint "n WITH =", name: "own"
    end
    change_table :users do |t|
      t.string :j, if_not_exists: true
    end
    change_table :users do |t|
      t.wrong :k
    end
  end
end
