# Runs each schema method of the files given under a version in brackets, and prints a line of JSON for each call: what it was
# called with, the SQL that Active Record sent, and the SQL that rolls it back.
#
#   ruby methods.rb URL BRACKET PREFIX SUFFIX FILE...

require "json"
require "logger"
require "active_record"

url, bracket, prefix, suffix, *files = ARGV
ActiveRecord::Base.establish_connection(url)
ActiveRecord::Base.table_name_prefix = prefix
ActiveRecord::Base.table_name_suffix = suffix
ActiveRecord::Base.logger = nil
ActiveRecord::Migration.verbose = false
if ActiveRecord.respond_to?(:deprecator)
  ActiveRecord.deprecator.silenced = true
else
  ActiveSupport::Deprecation.silenced = true
end

SENT = []
ActiveSupport::Notifications.subscribe("sql.active_record") do |*, payload|
  SENT << payload[:sql] unless ["SCHEMA", "TRANSACTION"].include?(payload[:name])
end

def written(value)
  case value
  when String then { "text" => value }
  when Symbol then { "symbol" => value.to_s }
  when Numeric then { "number" => value.to_s }
  when true, false, nil then value
  when Array then value.map { |one| written(one) }
  when Hash then { "hash" => value.map { |key, one| [written(key), written(one)] } }
  when Proc then { "proc" => written(value.call) }
  else { "unknown" => value.class.name }
  end
end

def arguments(positional, named)
  if named.empty? && positional.last.is_a?(Hash) && positional.last.keys.all?(Symbol)
    *positional, named = positional
  end
  { "positional" => positional.map { |one| written(one) }, "named" => named.map { |key, one| [key.to_s, written(one)] } }
end

# Takes down what a block calls on its table.
class Written < BasicObject
  def initialize(calls)
    @calls = calls
  end

  def method_missing(method, *positional, **named)
    @calls << { "method" => method.to_s, "arguments" => ::Object.send(:arguments, positional, named) }
    self
  end
end

METHODS = %i[
  create_table create_join_table drop_table drop_join_table rename_table change_table add_column add_columns remove_column
  remove_columns change_column change_column_default change_column_null rename_column change_column_comment
  change_table_comment add_timestamps remove_timestamps add_index remove_index rename_index add_reference add_belongs_to
  remove_reference remove_belongs_to add_foreign_key remove_foreign_key add_check_constraint remove_check_constraint
  add_unique_constraint remove_unique_constraint add_exclusion_constraint remove_exclusion_constraint validate_constraint
  validate_foreign_key validate_check_constraint enable_extension disable_extension create_schema drop_schema rename_schema
  create_enum drop_enum rename_enum add_enum_value rename_enum_value execute
]

# Stands before a migration's own methods.
module Watched
  METHODS.each do |method|
    define_method(method) do |*positional, **named, &block|
      return super(*positional, **named, &block) if @watches_not
      line = { "method" => method.to_s, "arguments" => arguments(positional, named) }
      if block
        line["block"] = []
        block.call(Written.new(line["block"]))
      end
      line["rolled_back"] = tried(false) do
        super(*copy(positional), **copy(named), &block)
        SENT.clear
        revert { public_send(method, *copy(positional), **copy(named), &block) }
      end
      line["sent"] = tried(true) { super(*copy(positional), **copy(named), &block) }
      puts JSON.generate(line)
    end
  end

  private

  def copy(value)
    case value
    when Array then value.map { |one| copy(one) }
    when Hash then value.to_h { |key, one| [copy(key), copy(one)] }
    when String then value.dup
    else value
    end
  end

  # The SQL that was sent, or the error.
  def tried(stays)
    SENT.clear
    @watches_not = true
    own = connection
    own.execute("SAVEPOINT tried")
    SENT.clear
    begin
      yield
    rescue ScriptError, StandardError => error
    end
    sent = SENT.dup
    @connection = own
    own.execute("ROLLBACK TO SAVEPOINT tried") if error || !stays
    case error
    when nil then sent
    when ActiveRecord::StatementInvalid then { "refused" => sent }
    else { "error" => "#{error.class}: #{error.message.lines.first}" }
    end
  ensure
    own.clear_cache!
    @watches_not = false
  end
end

class Undone < StandardError
end

$stdout.sync = true
puts JSON.generate("rails" => ActiveRecord::VERSION::STRING)
files.each do |file|
  puts JSON.generate("file" => file)
  text = File.read(file).sub(/Migration\[[0-9.]+\]/, "Migration[#{bracket}]")
  Object.send(:remove_const, :Sample) if Object.const_defined?(:Sample)
  eval(text, TOPLEVEL_BINDING, file)
  Sample.prepend(Watched)
  begin
    ActiveRecord::Base.transaction do
      Sample.new.exec_migration(ActiveRecord::Base.connection, :up)
      raise Undone
    end
  rescue Undone
    nil
  end
end
