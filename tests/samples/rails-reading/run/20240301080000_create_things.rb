# frozen_string_literal: true

# Every way in which a table comes about.
class CreateThings < ActiveRecord::Migration[6.1]
  KINDS = %w[small large].freeze
  COUNTERS = {
    visits_count: { default: 0, null: false },
    "likes_count" => { default: 0 }
  }.freeze

  def change
    create_table :shops do |t|
      t.string :name, null: false, default: -> { "'no ' || 'name'" }
      t.column "kind", :string, limit: KINDS.first.length + 10
      t.timestamps
    end

    create_table(:things, id: :bigint, comment: 'what is sold') { |t|
      t.references :shop, foreign_key: true, index: { name: "things_of_shops" }
      t.text :note, :title
      t.numeric :price, precision: 10, scale: 2; t.boolean :is_sold
      COUNTERS.each do |counter, options|
        t.integer counter, **options
      end
      t.index [:title, :price], :unique => true,
                                where: "price > 0"
    }

    create_join_table :shops, :things, table_name: "shelves" do |t|
      t.index :thing_id
    end
  end
end
