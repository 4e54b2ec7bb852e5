class CreateTables < ActiveRecord::Migration[6.1]
  def change
    create_table :users do |t|
      t.string :name
      t.string :email
      t.integer :age
      t.timestamps
    end

    create_table :posts do |t|
      t.string :title
      t.bigint :user_id
      t.text :body
      t.timestamps
    end
    add_index :posts, :title

    create_table :products do |t|
      t.string :name, null: false
      t.decimal :price, precision: 10, scale: 2
      t.integer :stock, null: false, default: 0
    end
  end
end
