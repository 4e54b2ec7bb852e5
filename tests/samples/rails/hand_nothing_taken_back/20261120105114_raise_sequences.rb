class RaiseSequences < ActiveRecord::Migration[6.1]
  SEQUENCES = %w[posts_id_seq users_id_seq]

  def change
    up_only do
      SEQUENCES.each do |sequence|
        execute "ALTER SEQUENCE #{sequence} AS bigint MAXVALUE 99999999"
      end
    end
    add_index :posts, :user_id
  end
end
