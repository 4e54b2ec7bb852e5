class FillPosts < ActiveRecord::Migration[6.1]
  class Post < ActiveRecord::Base
    self.table_name = "posts"
  end

  TITLE = "untitled"

  def up
    add_index :posts, :user_id
    Post.reset_column_information
    # all that have none
    Post.where(title: nil).find_each do |post|
      post.update!(title: TITLE)
    end
    change_column_null :posts, :title, false
  end

  def down
    change_column_null :posts, :title, true
    remove_index :posts, :user_id
  end
end
