#!/usr/bin/env ruby
# encoding: utf-8
=begin
A comment of several lines: "neither a string
=end
require "set"
alias said puts
module Corners
  class << self
    attr_accessor :names
    def []=(key, value)
      @names[key] = value
    end
    def [](key) = @names[key]
    def ==(other); other.equal?(self); end
    def /(part) "a" / part end
    def name=(name)
      @name ||= name&.strip || 'none'
    end
  end

  PATTERN = /\A[\/"'#]+(?<word>\w+) #{1 + 1}/mix
  LETTERS = [?a, ?\n, ?", :"two words", :'it\'s', :[]=, :nil?, %s(x), %i[a b], %I[c#{1} d], %q(a (b) c), %Q<d#{"<e>"}>]
  NUMBERS = [1_000, 0xff, 0b11, 0o17, 1.5e-3, 2r, 3i, -1, +2, -2 ** 2, 1..2, (1...), (..3)]

  def self.call(first, (second, *third), fourth = first ? 1 : 2, *rest, key:, other: {a: 1}, **more, &block)
    a, (b, *c), @d, e[1], f.g = 1, [2, 3], *rest
    a = b = c if a && !b or not c
    a += 1 unless a <=> b
    x = if a then b elsif c then d else e end
    y = begin
      Integer "12"
    rescue ArgumentError, TypeError => error
      retry if error.message =~ /again/
      nil
    else 3
    ensure
      puts "done"
    end
    z = y rescue 0
    puts [1, 2].map { |n| n * 2 }.select do |n| n > 2 end
    puts(-x.abs, *rest, **more, &block)
    puts -x.abs, [*rest, *first], {"a": 1, b: 2, 3 => 4, **more, key:}
    puts <<~ONE, <<-TWO, <<'THREE' # three
      \tone #{<<~INNER}
        inner
      INNER
        indented \
        and joined
    ONE
      two #{"deep #{PATTERN}"}
      TWO
    three #{not a field} \n
THREE
    first
      .second(1) # a comment between
      # and another
      &.third { _1 + 1 }
      .fourth
    while (line = gets) do puts line; break if line.empty? end
    until done?; redo; end
    for i, j in [[1, 2]] do puts i / j, i /2 end
    case first
    when 1, 2..3 then :few
    when *rest, ->(n) { n > 100 }
      :many
    else :none
    end
    case { name: "x", parts: [1, 2] }
    in { name: String => name, parts: [Integer, *] } if name
      puts name
    end
    lambda { |n; local| local = n }.call 1
    super_value = super first rescue yield(1, *rest)
    defined? @d and return first, second
    "a" "b" 'c' \
      "d"
    `ls #{first}`; %x(pwd)
    $stderr.puts $1, $!, @@all, ::Corners::PATTERN, self::LETTERS
    private def hidden(part) = call(part)
    foo bar baz, qux: -> do puts 1 end do |w| w end
    { "not" => "a block" }.each_pair { |k, v| puts "#{k}: #{v}" }
  end
end
__END__
neither "Ruby nor anything
