class ChangeThings < ActiveRecord::Migration[6.1]
  TABLES = [:shops, :things]

  def change
    column, type = :checked_on, "date".to_sym
    TABLES.each do |table|
      add_column table, column, type
      next if table == :shops

      add_index(table, [column, :price], name: "index_#{table}_on_#{column}_and_price")
    end
    %w[red green].each_with_index { |colour, at| add_column(:things, "is_#{colour}_#{at + 1}", :boolean, default: at.zero? ? false : true) } if column == :none
    add_labels :shops, size: 20
    add_labels(:things)
    change_table :things, bulk: true do |t|
      t.string :code, limit: 12
      t.boolean :is_new if TABLES.empty?
    end
    change_table(:things) { |things| things.rename :note, :remark }
    change_column_null :shops, :kind, false
    change_column_default :shops, :kind, from: nil, to: "small"
    reversible do |direction|
      direction.up { execute "UPDATE shops SET name = 'x'; UPDATE shops SET name = 'y'" }
      direction.down do
        execute "UPDATE shops SET name = 'z'"
        execute "UPDATE shops SET name = 'u'"
      end
    end
    up_only { execute "UPDATE things SET remark = NULL" }
    add_check_constraint :things, "price >= 0", name: "price_is_no_debt"
    say_with_time "an index" do
      add_index :things, "lower(title)", name: :things_by_title
    end
  end

  private

  def add_labels(table, size: 10, **rest)
    add_column(table, :label, :string, limit: size, **rest)
  end
end
