class CreateUsers < ActiveRecord::Migration[6.1]
  def change
    create_table :users do |t|
      t.string :email
      t.string :name, null: false
      t.string :nick, limit: 40
      t.string :plan, null: false, default: "free"
      t.timestamps
    end
  end
end
