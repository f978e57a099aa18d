# Functions that the scripts share; sourced, not run. A script sets `program`, its name in what it says, first.

say() { printf '%s: %s\n' "$program" "$*"; }
fail() { printf "$program: %s\n" "$@" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# The folder of a user where pretrained weights and datasets are kept; `DataHome` in Swift follows the same rule.
data_home() {
  local shared=${XDG_DATA_HOME:-}
  case "$shared" in /*) ;; *) shared=$HOME/.local/share ;; esac
  echo "${APUS_DATA:-$shared/apus}"
}

# Shared libraries that are a part of every Linux, as an expression for grep -E: the C and the C++ runtime.
readonly base_libraries='^(.*/)?(lib(c|m|dl|rt|util|resolv|pthread|anl|mvec|stdc\+\+|gcc_s)\.so\.|ld-linux|linux-vdso)'

# Runs a command as root: directly, or through sudo when that needs no password or a person can type it.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif sudo -n true 2>/dev/null || { have sudo && [ -t 0 ]; }; then sudo "$@"
  else return 126
  fi
}

installed() { [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null)" = 'ii ' ]; }

# Installs the named Debian packages that are not there yet, all in one go.
apt_install() {
  local missing=() package
  for package in "$@"; do installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && return 0
  say "installing ${missing[*]}"
  apt_update
  as_root env DEBIAN_FRONTEND=noninteractive bash -c \
    'apt-get install -y -qq --no-install-recommends "$@" >/dev/null' apt "${missing[@]}" \
    || fail "could not install ${missing[*]}: no root rights, or no package server answered." \
      "Ask an administrator to run: apt-get install ${missing[*]}"
}

# Asks the package servers what they have, once a run.
apt_update() {
  [ -z "${apt_is_updated:-}" ] || return 0
  as_root apt-get update -qq || true
  apt_is_updated=yes
}

# Whether pip is there; PYTHON names another interpreter.
have_pip() { "${PYTHON:-python3}" -m pip --version >/dev/null 2>&1; }

# pip_unpack FOLDER REQUIREMENTS: downloads the wheels of a list with their digests, which pip checks, and unpacks them
# into a folder. Nothing is installed: PEP 668 forbids that on new Debians.
pip_unpack() {
  local downloads wheel status=0
  downloads=$(mktemp -d)
  printf '%s\n' "$2" >"$downloads/requirements.txt"
  "${PYTHON:-python3}" -m pip download --quiet --disable-pip-version-check --retries 1 --no-deps --only-binary=:all: \
    --require-hashes -r "$downloads/requirements.txt" -d "$downloads" || status=1
  if [ "$status" -eq 0 ]; then
    for wheel in "$downloads"/*.whl; do "${PYTHON:-python3}" -m zipfile -e "$wheel" "$1" || status=1; done
  fi
  rm -rf "$downloads"
  return "$status"
}
