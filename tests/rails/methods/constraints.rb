class Sample < ActiveRecord::Migration[7.2]
  def change
    create_table :users do |t|
      t.integer :n
      t.string :code, index: { unique: true }
    end
    create_table :categories
    create_table :people
    create_table :posts do |t|
      t.bigint :user_id
      t.bigint :author_id
      t.bigint :category_id
      t.bigint :person_id
      t.string :code
    end
    add_foreign_key :posts, :users
    add_foreign_key :posts, :categories, on_delete: :cascade, on_update: :restrict
    add_foreign_key :posts, :people, validate: false
    add_foreign_key "posts", "users", column: "author_id", name: "authors", on_delete: :nullify
    add_foreign_key :posts, :users, column: :code, primary_key: :code, deferrable: :deferred
    add_foreign_key :posts, :users, column: :user_id, deferrable: true, name: "deferrable"
    add_foreign_key :posts, :users, if_not_exists: true
    add_foreign_key :posts, :users, column: :user_id, on_delete: "cascade", name: "wrong"
    add_foreign_key :posts, :users, column: [:user_id, :code], primary_key: [:id, :code]
    validate_foreign_key :posts, :people
    validate_foreign_key :posts, name: "authors"
    validate_constraint :posts, "authors"
    remove_foreign_key :posts, :categories
    remove_foreign_key :posts, name: "authors"
    remove_foreign_key :posts, column: :code
    remove_foreign_key :posts, :people, column: :person_id
    remove_foreign_key :posts, to_table: :users
    remove_foreign_key :posts, :nothing
    remove_foreign_key :posts, :people, if_exists: true
    add_check_constraint :users, "n > 0"
    add_check_constraint :users, "n < 10", name: "below_ten", validate: false
    add_check_constraint :users, "n < 10", name: "below_ten_too", if_not_exists: true
    validate_check_constraint :users, name: "below_ten"
    remove_check_constraint :users, "n > 0"
    remove_check_constraint :users, "n < 10", name: "below_ten"
    remove_check_constraint :users, name: "below_ten_too"
    remove_check_constraint :users, name: "nothing", if_exists: true
    add_unique_constraint :users, :n
    add_unique_constraint :users, [:n, :code], name: "both", deferrable: :immediate
    add_unique_constraint :users, using_index: "index_users_on_code"
    add_unique_constraint :users, :code, nulls_not_distinct: true
    add_unique_constraint :users, :code, using_index: "index_users_on_code"
    remove_unique_constraint :users, :n
    remove_unique_constraint :users, name: "both"
    add_exclusion_constraint :users, "int4range(n, n + 1) WITH &&", using: :gist, where: "n > 0"
    add_exclusion_constraint :users, "n WITH =", name: "own", deferrable: :deferred
    remove_exclusion_constraint :users, "int4range(n, n + 1) WITH &&", using: :gist
    remove_exclusion_constraint :users, name: "own"
    add_reference :posts, :editor
    add_reference :posts, :reviewer, foreign_key: { to_table: :users }, null: false, type: :integer
    add_belongs_to :posts, :company, index: { unique: true, name: "companies", where: "company_id > 0" }
    add_reference :posts, :owner, polymorphic: true, null: false
    add_reference :posts, :thing, polymorphic: { default: "Post" }, index: false
    add_reference :users, :category, foreign_key: true
    add_reference :users, :person, foreign_key: { on_delete: :cascade, validate: false }, index: { where: "n > 0" }
    add_reference :users, :post, polymorphic: true, foreign_key: true
    add_reference :users, :post, if_not_exists: true
    add_reference :users, :post, if_not_exists: true
    add_reference :users, :referenced_table_with_a_long_name_which_goes_on
    remove_reference :posts, :editor
    remove_reference :posts, :reviewer, foreign_key: { to_table: :users }
    remove_belongs_to :posts, :owner, polymorphic: true
    remove_reference :users, :category, foreign_key: true
    remove_reference :users, :post, if_exists: true
  end
end
