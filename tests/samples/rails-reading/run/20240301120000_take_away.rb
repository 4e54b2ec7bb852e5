class TakeAway < ActiveRecord::Migration[6.1]
  def change
    remove_index :things, column: [:checked_on, :price], name: "index_things_on_checked_on_and_price"
    remove_check_constraint :things, "price >= 0", name: "price_is_no_debt"
    remove_column :things, :checked_on, :date
    rename_table :pages, :sheets
    revert do
      add_column :shops, :checked_on, :date
    end
    remove_reference :sheets, :shop, type: :integer
    drop_table :shelves, id: false do |t|
      t.bigint :shop_id, null: false
      t.bigint :thing_id, null: false
    end
  end
end
