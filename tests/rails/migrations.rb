# Runs migrations one after the other, and takes them back from the last to the first; prints a line of JSON for each: the SQL
# that Active Record sent. For tests/rails_reading.rs.
#
#   ruby migrations.rb URL FILE...

require "json"
require "logger"
require "active_record"

url, *files = ARGV
ActiveRecord::Base.establish_connection(url)
ActiveRecord::Base.logger = nil
ActiveRecord::Migration.verbose = false
if ActiveRecord.respond_to?(:deprecator)
  ActiveRecord.deprecator.silenced = true
else
  ActiveSupport::Deprecation.silenced = true
end

SENT = []
ActiveSupport::Notifications.subscribe("sql.active_record") do |*, payload|
  SENT << payload[:sql] unless ["SCHEMA", "TRANSACTION"].include?(payload[:name]) || payload[:sql] =~ /\A(SELECT|SHOW|SET)/
end

def sent
  SENT.clear
  yield
  SENT.dup
end

migrations = files.map do |file|
  require File.expand_path(file)
  words = File.basename(file, ".rb").sub(/\A\d+_/, "")
  [file, Object.const_get(ActiveSupport::Inflector.camelize(words)).new(words, 1)]
end
migrations.each { |file, migration| puts JSON.generate({ file:, up: sent { migration.migrate(:up) } }) }
migrations.reverse_each { |file, migration| puts JSON.generate({ file:, down: sent { migration.migrate(:down) } }) }
