# Prints the plural and the singular that Active Support gives to each line of its input.

require "active_support"
require "active_support/core_ext/string/inflections"

$stdin.each_line(chomp: true) { |word| puts "#{word.pluralize} #{word.singularize}" }
