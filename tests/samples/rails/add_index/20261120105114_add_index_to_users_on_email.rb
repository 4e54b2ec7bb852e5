# frozen_string_literal: true

# Logging in looks for it.
class AddIndexToUsersOnEmail < ActiveRecord::Migration[6.1]
  def change
    add_index :users, :email
  end
end
