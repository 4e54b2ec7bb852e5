# The real `bin/rails` for tests/bench/rails.rs: reads a job a line as JSON and answers each with two lines.
#
#   {"folder": PROJECT, "environment": {"DATABASE_URL": URL, ...}, "do": [["db:migrate"], ["db:rollback", "STEP=2"], ...]}
#       -> {"pid": of the child}
#       -> {"status": of the first command that failed, or 0, "out": all that was printed}
#   {"compile": [FILE, ...]}
#       -> {"pid": ...} and {"status": ..., "out": what Ruby warns of, or the first error}
#
# `["code", "User.create!"]` is Ruby that runs in the application. A word with `=` is set in the environment of its command only. SIGTERM to that process kills the command that it runs.
#
# Rails is loaded once. A job is a fork, because a process has one application, and in it each command but the last is one, as Spring
# does it. Applications that say the same in their files are loaded once, too, in a process between this one and the jobs, with
# Rake's tasks: what differs between them is their folder and their database. One that says more, or a job with "alone", loads its
# application and its Rakefile itself, and goes through Rails' own command.
require "json"
require "logger"
require "rails"
require "active_record/railtie"
require "rails/command"
require "rails/commands/rake/rake_command"
require "rake"
require "pg"

APPLICATION = "config/environment.rb"

# What an application says of itself; nothing where it says more than the smallest does.
def said(job)
  return if job["alone"] || job["environment"].keys != ["DATABASE_URL"] || Dir.exist?("#{job["folder"]}/config/initializers")
  Dir.glob("{config/**/*,Rakefile}", base: job["folder"]).sort.map { |name| "#{job["folder"]}/#{name}" }
     .select { |path| File.file?(path) }.map { |path| [path.delete_prefix(job["folder"]), File.read(path)] }
end

# Loads the application of a job, and what its commands would load, for all jobs with one that says the same.
def load_for_all(job)
  Dir.chdir(job["folder"])
  require File.expand_path(APPLICATION)
  Rails.application.load_tasks
  require "active_record/connection_adapters/postgresql_adapter"
  ActiveRecord::Base
  [ActiveSupport, ActiveModel, ActiveRecord, ActiveRecord::ConnectionAdapters].each(&:eager_load!)
  Dir.chdir("/")
end

# The application that is loaded is now the one in this folder.
def move_to(folder)
  Rails.application.config.root = folder
  # The task `environment` would load it.
  $LOADED_FEATURES.push(File.expand_path(APPLICATION), File.realpath(APPLICATION))
  tasks = ActiveRecord::Tasks::DatabaseTasks
  %i[@db_dir @migrations_paths @root].each { |known| tasks.remove_instance_variable(known) if tasks.instance_variable_defined?(known) }
  ActiveRecord::Base.configurations = Rails.application.config.database_configuration
  ActiveRecord::Base.establish_connection
end

def run(job, is_loaded)
  Dir.chdir(job["folder"])
  job["environment"].each { |name, value| ENV[name] = value }
  if is_loaded
    move_to(job["folder"])
  else
    Object.const_set(:APP_PATH, File.expand_path("config/application"))
    require File.expand_path(APPLICATION)
  end
  *first, last = job["do"]
  first.each do |command|
    child = fork { command(command, is_loaded) }
    trap("TERM") { Process.kill("KILL", child) }
    Process.wait(child)
    return $?.exitstatus || -1 unless $?.success?
  end
  trap("TERM") { Process.kill("KILL", Process.pid) }
  command(last, is_loaded)
  0
end

def command((command, *arguments), is_loaded)
  return TOPLEVEL_BINDING.eval(arguments.first) if command == "code"
  words, names = arguments.partition { |argument| !argument.include?("=") }
  names.each { |pair| ENV.store(*pair.split("=", 2)) }
  ARGV.replace([command, *words])
  if is_loaded
    Rake.application.init("rails", [command, *words])
    Rake.application.standard_exception_handling { Rake.application.top_level }
  else
    Rails::Command.invoke(ARGV.shift, ARGV)
  end
end

def compile(files)
  $VERBOSE = true # as `ruby -wc`
  files.each { |file| RubyVM::InstructionSequence.compile_file(file) }
  0
end

# Runs a job, and answers.
def serve(job, is_loaded)
  reads, writes = IO.pipe
  pid = fork do
    reads.close
    STDIN.reopen(File::NULL)
    [STDOUT, STDERR].each { |stream| stream.reopen(writes) }
    writes.close
    exit(job["compile"] ? compile(job["compile"]) : run(job, is_loaded))
  end
  writes.close
  puts JSON.generate(pid: pid)
  STDOUT.flush
  out = reads.read.force_encoding("UTF-8").scrub
  Process.wait(pid)
  puts JSON.generate(status: $?.exitstatus || -1, out: out)
  STDOUT.flush
end

# A process that has the application of a job loaded: what to tell it of jobs, and what says that one is done.
def loaded(job)
  (jobs, tell), (hear, done) = IO.pipe, IO.pipe
  fork do
    [tell, hear].each(&:close)
    STDIN.reopen(File::NULL)
    load_for_all(job)
    GC.start
    GC.disable
    jobs.each_line do |line|
      serve(JSON.parse(line), true)
      done.puts
    end
    exit!
  end
  [jobs, done].each(&:close)
  [tell, hear]
end

# Nothing lives long enough here to need its garbage collected.
GC.start
GC.disable
said_once = tell = hear = nil

STDIN.each_line do |line|
  job = JSON.parse(line)
  said = job["do"] && said(job)
  if said && said_once.nil?
    said_once = said
    tell, hear = loaded(job)
  end
  if said && said == said_once
    tell.puts(line)
    hear.gets or abort("the process with the application has ended")
  else
    serve(job, false)
  end
end
