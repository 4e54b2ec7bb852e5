class CreateTables < ActiveRecord::Migration[6.1]
  def change
    create_table :teams do |t|
      t.string :name
    end

    create_table :users do |t|
      t.string :email
      t.string :nick, null: false
      t.string :plan, null: false, default: "free"
      t.references :team, null: false, foreign_key: { on_delete: :cascade }
      t.timestamps
    end
    add_index :users, :nick
  end
end
