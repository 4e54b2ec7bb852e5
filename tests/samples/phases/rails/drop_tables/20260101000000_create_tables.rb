class CreateTables < ActiveRecord::Migration[6.1]
  def change
    create_table :users do |t|
      t.string :email
      t.timestamps
    end

    create_table :posts do |t|
      t.references :user, null: false, foreign_key: true
      t.string :title
    end

    create_table :comments do |t|
      t.references :post, null: false, foreign_key: { on_delete: :cascade }
      t.references :user, foreign_key: true
      t.text :body
    end
  end
end
