class CreateUsers < ActiveRecord::Migration[7.2]
  def change
    create_table :users do |t|
      t.string :email, limit: 255, null: false
      t.string :name, limit: 100
      t.timestamptz :created_at, null: false, default: -> { "now()" }
      t.index :email, unique: true
    end
  end
end
