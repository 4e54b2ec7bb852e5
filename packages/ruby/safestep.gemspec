# frozen_string_literal: true

# `scripts/package` builds a gem of this for each platform and says in the environment which.
Gem::Specification.new do |gem|
  gem.name = "safestep"
  gem.version = ENV.fetch("SAFESTEP_VERSION")
  gem.platform = Gem::Platform.new(ENV.fetch("SAFESTEP_PLATFORM"))
  gem.summary = ENV.fetch("SAFESTEP_DESCRIPTION")
  gem.authors = ["The safestep contributors"]
  gem.licenses = %w[MIT Apache-2.0]
  gem.homepage = ENV["SAFESTEP_REPOSITORY"]
  gem.metadata = { "rubygems_mfa_required" => "true", "source_code_uri" => ENV["SAFESTEP_REPOSITORY"] }.compact
  gem.required_ruby_version = ">= 2.7"
  gem.files = Dir["{exe,libexec,man}/*"] + %w[README.md LICENSE-MIT LICENSE-APACHE]
  gem.bindir = "exe"
  gem.executables = ["safestep"]
end
