# Prints every call of Ruby files as Ruby's own parser reads it, for tests/rails_reading.rs.
#
# One line for a file, a call and an argument each; offsets count bytes. What looks like a call by itself and may be a
# variable (`name`) is left out, and so are operators and assignments (`a.b = c`), which are methods, too.

require "json"

def pairs(node)
  # The list of a hash has its keys and values in turn; `**more` has no key.
  node.children[0] ? node.children[0].children[0...-1].each_slice(2).to_a : []
end

def list(node)
  node.nil? || node.type == :ZLIST ? [] : node.children.compact
end

# A value in one line: literals as they are, anything else by its kind.
def text(node)
  return "nil" if node.nil?
  case node.type
  when :STR then node.children[0].empty? && $lines[node.first_lineno - 1].byteslice(node.first_column, 8) == "__FILE__" ? "keyword" : node.children[0].scrub.to_json
  when :LIT
    case value = node.children[0]
    when Symbol then ":" + value.to_s.scrub.to_json
    when String then value.scrub.to_json
    when Integer then value.to_s
    when Numeric then "number"
    when Range then "range"
    when Regexp then "regex"
    else "keyword"
    end
  when :NIL then "nil"
  when :TRUE then "true"
  when :FALSE then "false"
  when :SELF then "self"
  when :DSTR then node.children.size == 1 || node.children[1].nil? ? node.children[0].to_s.to_json : "string"
  when :DSYM then "symbol"
  when :DREGX then "regex"
  when :ZLIST, :LIST then "[" + list(node).map { |value| text(value) }.join(", ") + "]"
  when :HASH then "{" + pairs(node).map { |key, value| (key ? text(key) : "**") + " => " + text(value) }.join(", ") + "}"
  when :CONST then node.children[0].to_s
  when :COLON2 then node.children[0] ? text(node.children[0]) + "::" + node.children[1].to_s : node.children[1].to_s
  when :COLON3 then node.children[0].to_s
  when :LVAR, :DVAR, :VCALL
    # `&` alone hands on the block.
    node.children[0] == :& ? "nil" : "name " + node.children[0].to_s
  when :IVAR, :GVAR, :CVAR, :NTH_REF, :BACK_REF then "variable"
  when :FCALL then "call " + node.children[0].to_s
  when :CALL, :QCALL, :OPCALL
    name = node.children[1].to_s
    name.match?(/\A[[:word:]]/) ? "call " + name : "-"
  when :ITER then text(node.children[0])
  when :DOT2, :DOT3 then "range"
  when :LAMBDA then "lambda"
  when :BLOCK, :BEGIN then node.children.size == 1 ? text(node.children[0]) : "-"
  else "-"
  end
end

# The arguments of a call, in order: how each is given, and its value.
def arguments(node)
  return [] if node.nil?
  case node.type
  when :BLOCK_PASS then arguments(node.children[0]) + [["&", text(node.children[1])]]
  when :SPLAT then [["*", text(node.children[0])]]
  when :ARGSCAT then arguments(node.children[0]) + (node.children[1].type == :LIST ? arguments(node.children[1]) : [["*", text(node.children[1])]])
  when :ARGSPUSH then arguments(node.children[0]) + arguments_of_last(node.children[1])
  when :LIST, :ZLIST then list(node).flat_map { |value| arguments_of_last(value) }
  else [["-", text(node)]]
  end
end

def arguments_of_last(node)
  node.type == :HASH && node.children[0] ? pairs(node).map { |key, value| [key ? text(key) : "**", text(value)] } : [["-", text(node)]]
end

class Calls
  attr_reader :calls

  def initialize(source)
    $lines = source.lines
    @starts = [0]
    source.each_line { |line| @starts << @starts.last + line.bytesize }
    @calls = []
    visit(RubyVM::AbstractSyntaxTree.parse(source), nil)
  end

  def visit(node, block)
    return unless node.is_a?(RubyVM::AbstractSyntaxTree::Node)
    if node.type == :ITER
      visit(node.children[0], node)
      visit(node.children[1], nil)
      return
    end
    named = case node.type
    when :FCALL then node.children
    when :CALL, :QCALL then node.children[1..]
    when :SUPER then [:super, node.children[0]]
    when :ZSUPER then [:super, nil]
    when :YIELD then [:yield, node.children[0]]
    end
    if named && named[0].to_s.match?(/\A[[:word:]]/)
      whole = block || node
      at = ->(line, column) { @starts[line - 1] + column }
      @calls << [at[whole.first_lineno, whole.first_column], at[whole.last_lineno, whole.last_column], named[0], !!block, arguments(named[1])]
    end
    node.children.each { |child| visit(child, nil) }
  end
end

$VERBOSE = nil
$stdin.read.split("\n").each do |path|
  source = File.read(path)
  puts "file #{path}"
  Calls.new(source).calls.sort_by { |from, to, name,| [from, -to, name] }.each do |from, to, name, block, arguments|
    puts "call #{from} #{to} #{name}#{" with a block" if block}"
    arguments.each { |name, value| puts "argument #{name} #{value}" }
  end
rescue SyntaxError => error
  puts "error #{error.message.lines.first}"
end
