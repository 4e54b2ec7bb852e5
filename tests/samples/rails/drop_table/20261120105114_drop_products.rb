class DropProducts < ActiveRecord::Migration[6.1]
  def change
    drop_table :products do |t|
      t.string :name, null: false
      t.decimal :price, precision: 10, scale: 2
      t.integer :stock, null: false, default: 0
    end
  end
end
