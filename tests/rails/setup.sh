#!/bin/bash
# usage: setup.sh DIR WHAT       WHAT: 6.1 or 7.2 (Rails of that version) or rubocop
# Installs real Rails (Active Record, its railties, the pg driver), or RuboCop, into DIR, with a Ruby of its own: from the packages of
# the Debian release that has this version, whatever release the machine runs. They are unpacked, not installed: no root, and apt's
# state stays as it is. Their own C library comes along, so that an older system runs them. DIR/bin/ruby is that Ruby; DIR may be renamed.
set -euo pipefail
[ $# = 2 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
fail() { echo "setup.sh: $*" >&2; exit 1; }
case $2 in
  6.1) release=bookworm packages=(ruby ruby-activerecord ruby-railties ruby-pg) ;;
  7.2) release=trixie packages=(ruby ruby-activerecord ruby-railties ruby-pg) ;;
  rubocop) release=trixie packages=(ruby rubocop) ;;
  *) fail "no Debian release has Rails $2: 6.1 and 7.2 are there" ;;
esac
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || fail "this needs apt-get and dpkg-deb, which Debian has"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e $keys ] || fail "$keys is missing: apt-get install debian-archive-keyring"

# The mirror that this machine uses already; its lists need not be there.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -m 1 -E '/debian/?$' || true)
mirror=${mirror:-http://deb.debian.org/debian/}

mkdir -p "$1" && dir=$(cd "$1" && pwd)
apt=$dir/apt
rm -rf "$apt" "$dir/root" "$dir/bin" && mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$dir/root" "$dir/bin"
echo "deb [signed-by=$keys] $mirror $release main" >"$apt/sources.list"
: >"$apt/status" # nothing is installed: all that is needed is taken
cat >"$apt/apt.conf" <<CONF
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "-";
Dir::State::Lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Cache::Archives "$apt/archives";
Debug::NoLocking "true";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Update::Error-Mode "any";
Acquire::Retries "3";
CONF
own_apt() { APT_CONFIG=$apt/apt.conf apt-get -qq "$@"; }
own_apt update || fail "the package lists of $release could not be loaded from $mirror"
own_apt --yes --download-only install "${packages[@]}" || fail "the packages of $release could not be loaded from $mirror"
for package in "$apt"/archives/*.deb; do dpkg-deb -x "$package" "$dir/root"; done
rm -rf "$apt"

# Through the packages' own loader Ruby never meets the system's libraries.
cat >"$dir/bin/ruby" <<'WRAPPER'
#!/bin/bash
root=$(cd "$(dirname "$0")/.." && pwd)/root
arch=$(uname -m)-linux-gnu
one() { for found in "$@"; do [ ! -e "$found" ] || { echo "$found"; return; }; done; }
lib=$root/usr/lib
abi=$(basename "$(one "$lib"/ruby/[0-9]*)")
export RUBYLIB=$lib/ruby/vendor_ruby/$abi:$lib/$arch/ruby/vendor_ruby/$abi:$lib/ruby/vendor_ruby:$lib/$arch/ruby/$abi:$lib/ruby/$abi
gems=$root/usr/share/rubygems-integration
export GEM_PATH=$(printf '%s:' "$gems"/* "$lib/ruby/gems"/* "$lib/$arch"/rubygems-integration/* "$lib/$arch/ruby/gems"/*)
export LC_ALL=C.UTF-8
exec "$(one "$root"/lib/*/ld-linux-*.so.* "$root"/usr/lib/*/ld-linux-*.so.* "$root"/lib64/ld-linux-*.so.* "$root"/usr/lib64/ld-linux-*.so.*)" \
  --library-path "$root/lib/$arch:$lib/$arch" "$(one "$root"/usr/bin/ruby[0-9]*)" "$@"
WRAPPER
chmod +x "$dir/bin/ruby"
if [ "$2" = rubocop ]; then
  # Debian's package looks for its table of widths in /usr/share, or here.
  ln -s ../../share/ruby-unicode-display-width "$dir/root/usr/lib/ruby/data"
  "$dir/bin/ruby" -e 'require "rubocop"; puts "rubocop #{RuboCop::Version::STRING}, ruby #{RUBY_VERSION}"'
  exit
fi
found=$("$dir/bin/ruby" -e 'require "logger"; require "rails"; require "active_record"; require "pg"; puts "rails #{Rails.version}, ruby #{RUBY_VERSION}, pg #{PG::VERSION}"')
case $found in "rails $2."*) echo "$found" ;; *) fail "asked for Rails $2, got $found" ;; esac
