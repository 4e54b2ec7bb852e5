class AddNotes < ActiveRecord::Migration[6.1]
  def change
    %i[users posts products].each do |table|
      add_column table, :note, :text
    end
  end
end
