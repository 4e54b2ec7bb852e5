class AddUidToUsers < ActiveRecord::Migration[6.1]
  def change
    add_column :users, :uid, :uuid, default: -> { "gen_random_uuid()" }, null: false
  end
end
