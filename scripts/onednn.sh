# How scripts/setup gets oneDNN; sourced, not run. The wheels are the first choice on x86-64. Elsewhere it is the
# distribution's package where that is new enough, else a release that the user downloaded, built by its own CMake.

readonly onednn_version=2023.2.0   # the wheels' number; the library in them calls itself 3.2
readonly onednn_oldest=3.2
readonly onednn_wheels="\
onednn-cpu-gomp==$onednn_version \
  --hash=sha256:2f22a54d6a890ed14bfa185d42a4be65d8b5b1df85dc1f0f3a9abe31620416fb
onednn-devel-cpu-gomp==$onednn_version \
  --hash=sha256:9763c69e8c907e119056bd52ad918ca84ac9ba939d130a99dfa95ccca3e5e284"

# A prefix this user may write to.
onednn_prefix() {
  if [ -n "${APUS_PREFIX:-}" ]; then echo "$APUS_PREFIX"
  elif [ -w /usr/local/lib ] || as_root true 2>/dev/null; then echo /usr/local
  else echo "$HOME/.local/apus"
  fi
}

# Whether pkg-config finds a oneDNN that is new enough. A prefix of an earlier run counts, whether or not this shell
# exports its paths.
have_onednn() {
  local private="${APUS_PREFIX:-$HOME/.local/apus}/lib/pkgconfig"
  case ":${PKG_CONFIG_PATH:-}:" in
    *":$private:"*) ;;
    *) [ ! -f "$private/dnnl.pc" ] || export PKG_CONFIG_PATH="$private${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}" ;;
  esac
  have pkg-config && pkg-config --atleast-version="$onednn_oldest" dnnl
}

# Where oneDNN will come from: nowhere (it is there), source, wheels, package or unknown.
onednn_origin() {
  if [ -n "${APUS_ONEDNN_SOURCE:-}" ]; then echo source
  elif have_onednn; then echo nowhere
  elif [ "$(onednn_machine)" = x86_64 ]; then echo wheels
  elif onednn_is_packaged; then echo package
  else echo unknown
  fi
}

# The kind of processor; APUS_MACHINE stands in for it in tests of these scripts.
onednn_machine() { echo "${APUS_MACHINE:-$(uname -m)}"; }

# Whether the distribution has a oneDNN that is new enough (Debian since 13).
onednn_is_packaged() {
  have apt-cache && have dpkg || return 1
  apt_update
  local version
  version=$(apt-cache policy libdnnl-dev | sed -n 's/^ *Candidate: *//p')
  case "$version" in [0-9]*) dpkg --compare-versions "$version" ge "$onednn_oldest" ;; *) return 1 ;; esac
}

# The Debian packages that getting oneDNN needs, by its origin.
onednn_needs() {
  case "$1" in
    wheels) have_pip || echo python3-pip ;;
    package) echo libdnnl-dev ;;
    # The threads of Apus's own loops and oneDNN's are one pool, libgomp's: so it is GCC that compiles it.
    source) echo make cmake g++ ;;
  esac
}

# install_onednn ORIGIN: puts the library, its headers and a dnnl.pc under the prefix.
install_onednn() {
  prefix=$(onednn_prefix)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$prefix" 2>/dev/null || true
  root=()
  if [ ! -w "$prefix" ] || { [ -e "$prefix/lib" ] && [ ! -w "$prefix/lib" ]; }; then root=(as_root); fi
  case "$1" in
    wheels) unpack_onednn_wheels ;;
    package) write_onednn_pc "$(dpkg-query -W -f='${Version}' libdnnl-dev)" ;;
    source) build_onednn "$APUS_ONEDNN_SOURCE" ;;
    unknown)
      fail "there are no oneDNN wheels for $(onednn_machine), and no package here is new enough ($onednn_oldest)." \
        "Download a release of oneDNN 3 (github.com/uxlfoundation/oneDNN, Source code .tar.gz) and run" \
        "  APUS_ONEDNN_SOURCE=oneDNN-3.….tar.gz scripts/setup" \
        "which builds and installs it; docs/Apus.docc/Install.md says more."
      ;;
  esac
}

# Puts headers and the shared library, with its usual links, under the prefix; dnnl.pc comes last, so that an
# interrupted installation is never taken for a finished one.
unpack_onednn_wheels() {
  say "installing oneDNN $onednn_oldest under $prefix"
  pip_unpack "$work/tree" "$onednn_wheels" \
    || fail "could not download the oneDNN wheels from the Python package index." \
      "Run this again with a network, or download a release of oneDNN 3 and name it in APUS_ONEDNN_SOURCE."
  local library headers terms
  library=$work/tree/onednn_cpu_gomp-$onednn_version.data/data/lib/libdnnl.so.$onednn_oldest
  terms=$work/tree/onednn_cpu_gomp-$onednn_version.data/data/share/doc/onednn
  headers=$work/tree/onednn_devel_cpu_gomp-$onednn_version.data/data/include
  "${root[@]}" mkdir -p "$prefix/lib/pkgconfig" "$prefix/include" "$prefix/share/doc/dnnl"
  "${root[@]}" install -m 755 "$library" "$prefix/lib/libdnnl.so.$onednn_oldest"
  "${root[@]}" ln -sf "libdnnl.so.$onednn_oldest" "$prefix/lib/libdnnl.so.${onednn_oldest%.*}"
  "${root[@]}" ln -sf "libdnnl.so.${onednn_oldest%.*}" "$prefix/lib/libdnnl.so"
  "${root[@]}" cp -R "$headers/." "$prefix/include"
  "${root[@]}" install -m 644 "$terms/LICENSE" "$terms/THIRD-PARTY-PROGRAMS" "$prefix/share/doc/dnnl"
  "${root[@]}" chmod -R a+rX "$prefix/include/oneapi" "$prefix"/include/dnnl*
  write_onednn_pc "$onednn_oldest"
}

# build_onednn PATH: builds a release by its own CMake and installs it.
build_onednn() {
  local source=$1 version build=$work/build options=()
  [ -e "$source" ] || fail "APUS_ONEDNN_SOURCE names $source, which is not there."
  if [ -f "$source" ]; then
    mkdir "$work/source"
    tar -xf "$source" -C "$work/source" --strip-components 1 || fail "cannot unpack $source."
    source=$work/source
  fi
  [ -f "$source/CMakeLists.txt" ] && grep -qi dnnl "$source/CMakeLists.txt" \
    || fail "$source is no release of oneDNN: there is no CMakeLists.txt of oneDNN in it."
  local tool
  for tool in cmake make g++; do have "$tool" || fail "building oneDNN needs $tool."; done
  options=(
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=gcc -DCMAKE_CXX_COMPILER=g++ -DCMAKE_INSTALL_PREFIX="$prefix"
    -DCMAKE_INSTALL_LIBDIR=lib -DDNNL_LIBRARY_TYPE=SHARED -DDNNL_CPU_RUNTIME=OMP -DDNNL_GPU_RUNTIME=NONE
    -DDNNL_BUILD_TESTS=OFF -DDNNL_BUILD_EXAMPLES=OFF -DDNNL_BUILD_DOC=OFF -DONEDNN_BUILD_GRAPH=OFF)
  if [ -n "${APUS_ACL:-}" ]; then
    export ACL_ROOT_DIR=$APUS_ACL
    options+=(-DDNNL_AARCH64_USE_ACL=ON)
  fi
  say "building oneDNN from $1 (10 to 40 minutes on few cores)"
  cmake -S "$source" -B "$build" "${options[@]}" >"$work/cmake.log" 2>&1 \
    || { tail -20 "$work/cmake.log" >&2; fail "oneDNN's CMake found fault with this machine: see above."; }
  version=$(onednn_version_of "$build/include" "$source/include")
  case "$version" in
    3.[2-9]*|3.1[0-9]*|[4-9].*) ;;
    *) fail "$1 is oneDNN ${version:-of an unknown version}; $onednn_oldest or newer is needed." ;;
  esac
  cmake --build "$build" --parallel "$(nproc)" >"$work/build.log" 2>&1 \
    || { tail -20 "$work/build.log" >&2; fail "oneDNN did not build: see above."; }
  "${root[@]}" cmake --install "$build" >/dev/null
  write_onednn_pc "$version"
}

# The version that oneDNN's headers state, in the first of the folders that has it.
onednn_version_of() {
  local folder
  for folder in "$@"; do
    local header=$folder/oneapi/dnnl/dnnl_version.h
    [ -f "$header" ] || continue
    awk '$1 == "#define" && $2 ~ /^DNNL_VERSION_(MAJOR|MINOR)$/ { v[$2] = $3 }
      END { print v["DNNL_VERSION_MAJOR"] "." v["DNNL_VERSION_MINOR"] }' "$header"
    return 0
  done
}

# write_onednn_pc VERSION: lets pkg-config find what is under the prefix, or in the system's own folders for a package.
write_onednn_pc() {
  local paths=$'prefix='$prefix$'\nlibdir=${prefix}/lib\nincludedir=${prefix}/include\n'
  local flags='-L${libdir} -ldnnl' includes='-I${includedir}'
  if [ "$origin" = package ]; then paths='' flags=-ldnnl includes=''; fi
  cat >"$work/dnnl.pc" <<PC
$paths
Name: dnnl
Description: oneAPI Deep Neural Network Library, on libgomp
Version: $1
Libs: $flags
Cflags: $includes
PC
  "${root[@]}" mkdir -p "$prefix/lib/pkgconfig"
  "${root[@]}" install -m 644 "$work/dnnl.pc" "$prefix/lib/pkgconfig/dnnl.pc"
  "${root[@]}" ldconfig 2>/dev/null || true
  export PKG_CONFIG_PATH="$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
}

# A private prefix is on nobody's search path: say what to export, once the library is there.
explain_private_prefix() {
  local libdir
  libdir=$(pkg-config --variable=libdir dnnl)
  [ -n "$libdir" ] || return 0
  # The whole cache is read before it is searched: a reader that leaves early fails the pipe.
  case "$(/sbin/ldconfig -p 2>/dev/null)" in *"$libdir/libdnnl.so"*) return 0 ;; esac
  case ":${LD_LIBRARY_PATH:-}:" in *":$libdir:"*) return 0 ;; esac
  say "oneDNN is in a private place; every shell that builds Apus needs"
  say "  export PKG_CONFIG_PATH=$libdir/pkgconfig\${PKG_CONFIG_PATH:+:\$PKG_CONFIG_PATH}"
  say "  export LD_LIBRARY_PATH=$libdir\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
}
