# How migrations were written for Rails 3.
class OldWays < ActiveRecord::Migration[4.2]
  def self.up
    create_table :pages, :force => true do |t|
      t.column :title,   :string,  :null => false
      t.column :body, :text
      t.references :shop
      t.timestamps
    end
    add_index :pages, :title, :unique => true
    rename_column :pages, :title, :heading
    remove_column :pages, :body
  end

  def self.down
    drop_table :pages
  end
end
