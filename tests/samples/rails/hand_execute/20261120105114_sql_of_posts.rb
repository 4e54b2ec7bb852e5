class SqlOfPosts < ActiveRecord::Migration[6.1]
  def change
    reversible do |dir|
      dir.up do
        execute <<~SQL
          CREATE VIEW titled AS
            SELECT id FROM posts WHERE title <> ''
        SQL
      end

      dir.down { execute "DROP VIEW titled" }
    end
    add_index :posts, :body, using: :hash
  end
end
