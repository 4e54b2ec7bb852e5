class AddTags < ActiveRecord::Migration[6.1]
  def change
    create_table :tags do |t|
      t.string :name
    end
    add_index :tags, :name
    add_index :users, [:name, :email, :age, :created_at]
    add_column :users, :seen_on, :date, default: -> { "CURRENT_DATE" }
    # what editors say
    add_column :posts, :note, :string,
               default: -> { "'none'" }
    change_column_default :posts, :title, from: nil, to: "none"
  end
end
