class Safestep < Formula
  desc "{description}"
  homepage "{repository}"
  version "{version}"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "{repository}/releases/download/v{version}/safestep-{version}-aarch64-apple-darwin.tar.gz"
      sha256 "{aarch64-apple-darwin}"
    end
    on_intel do
      url "{repository}/releases/download/v{version}/safestep-{version}-x86_64-apple-darwin.tar.gz"
      sha256 "{x86_64-apple-darwin}"
    end
  end
  on_linux do
    on_arm do
      url "{repository}/releases/download/v{version}/safestep-{version}-aarch64-unknown-linux-musl.tar.gz"
      sha256 "{aarch64-unknown-linux-musl}"
    end
    on_intel do
      url "{repository}/releases/download/v{version}/safestep-{version}-x86_64-unknown-linux-musl.tar.gz"
      sha256 "{x86_64-unknown-linux-musl}"
    end
  end

  def install
    bin.install "safestep"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/safestep.bash" => "safestep"
    zsh_completion.install "completions/_safestep"
    fish_completion.install "completions/safestep.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/safestep --version")
    assert_match "create-index", pipe_output("#{bin}/safestep check -", "CREATE INDEX i ON t (a);", 1)
  end
end
