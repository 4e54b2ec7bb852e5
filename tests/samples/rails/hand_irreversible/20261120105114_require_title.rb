class RequireTitle < ActiveRecord::Migration[6.1]
  def up
    change_column_null :posts, :title, false
    add_index :posts, :user_id
  end

  def down
    raise ActiveRecord::IrreversibleMigration
  end
end
