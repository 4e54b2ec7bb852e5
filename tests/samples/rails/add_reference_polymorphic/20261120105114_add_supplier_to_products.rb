class AddSupplierToProducts < ActiveRecord::Migration[6.1]
  def change
    add_reference :products, :supplier, polymorphic: true
  end
end
