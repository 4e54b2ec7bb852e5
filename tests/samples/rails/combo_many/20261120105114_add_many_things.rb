class AddManyThings < ActiveRecord::Migration[6.1]
  def change
    create_table :tags do |t|
      t.string :name, null: false

      t.timestamps
    end
    add_index :tags, :name, unique: true
    add_reference :posts, :tag, foreign_key: true
    # what others call them
    add_column :users, :nick, :string
    add_index :users, :nick, unique: true
    change_column_null :users, :email, false
    add_check_constraint :products, "price > 0", name: "products_price"
  end
end
