class CreateComments < ActiveRecord::Migration[6.1]
  def change
    create_table :comments do |t|
      t.string :title
      t.references :post, null: false, foreign_key: true
      t.text :body
      t.boolean :published

      t.timestamps
    end
  end
end
