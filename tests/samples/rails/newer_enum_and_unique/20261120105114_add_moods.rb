class AddMoods < ActiveRecord::Migration[7.2]
  def change
    create_enum :mood, %w[happy sad]
    add_column :users, :mood, :enum, enum_type: :mood, default: "happy", null: false
    add_unique_constraint :users, [:email], name: "unique_email"
    add_timestamps :products, null: true
  end
end
