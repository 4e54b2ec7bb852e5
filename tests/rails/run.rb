# The real `bin/rails` for tests/bench/rails.rs. It loads Rails once, forks for each job, because a process has one application,
# and in it for each command, as Spring does: reads a job a line as JSON and answers each with two lines.
#
#   {"folder": PROJECT, "environment": {"DATABASE_URL": URL, ...}, "do": [["db:migrate"], ["db:rollback", "STEP=2"], ...]}
#       -> {"pid": of the child}
#       -> {"status": of the first command that failed, or 0, "out": all that was printed}
#   {"compile": [FILE, ...]}
#       -> {"pid": ...} and {"status": ..., "out": what Ruby warns of, or the first error}
#
# A word with `=` is set in the environment of its command only. SIGTERM to that process kills the command that it runs.
require "json"
require "logger"
require "rails"
require "active_record/railtie"
require "rails/command"
require "rails/commands/rake/rake_command"
require "rake"
require "pg"

def run(job)
  Dir.chdir(job["folder"])
  job["environment"].each { |name, value| ENV[name] = value }
  Object.const_set(:APP_PATH, File.expand_path("config/application"))
  require File.expand_path("config/environment")
  job["do"].each do |command, *arguments|
    child = fork do
      words, names = arguments.partition { |argument| !argument.include?("=") }
      names.each { |pair| ENV.store(*pair.split("=", 2)) }
      ARGV.replace([command, *words])
      Rails::Command.invoke(ARGV.shift, ARGV)
    end
    trap("TERM") { Process.kill("KILL", child) }
    Process.wait(child)
    return $?.exitstatus || -1 unless $?.success?
  end
  0
end

def compile(files)
  $VERBOSE = true # as `ruby -wc`
  files.each { |file| RubyVM::InstructionSequence.compile_file(file) }
  0
end

# Nothing lives long enough here to need its garbage collected.
GC.start
GC.disable

STDIN.each_line do |line|
  job = JSON.parse(line)
  reads, writes = IO.pipe
  pid = fork do
    reads.close
    STDIN.reopen(File::NULL)
    [STDOUT, STDERR].each { |stream| stream.reopen(writes) }
    writes.close
    exit(job["compile"] ? compile(job["compile"]) : run(job))
  end
  writes.close
  puts JSON.generate(pid: pid)
  STDOUT.flush
  out = reads.read.force_encoding("UTF-8").scrub
  Process.wait(pid)
  puts JSON.generate(status: $?.exitstatus || -1, out: out)
  STDOUT.flush
end
