class AddNotesOneByOne < ActiveRecord::Migration[6.1]
  def change
    add_column :users, :note, :text
    add_column :posts, :note, :text
    change_column_default :products, :stock, from: 0, to: 1
  end
end
