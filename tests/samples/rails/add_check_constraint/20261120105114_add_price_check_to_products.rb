class AddPriceCheckToProducts < ActiveRecord::Migration[6.1]
  def change
    add_check_constraint :products, "price > 0", name: "price_check"
  end
end
