# SPDX-License-Identifier: GPL-3.0-or-later
# What run-demo and run-tests share.  POSIX sh, to be sourced from the project's root.

LC_ALL=C.UTF-8
export LC_ALL
wanted=

say()
{
	printf '%s\n' "$*"
}

# want PACKAGE... -- WHY: what is needed, and what for.
want()
{
	list=
	while [ "$1" != -- ]; do
		list="$list $1"
		shift
	done
	shift
	wanted="$wanted$list"
	say "  $* --$list"
}

is_installed()
{
	[ "$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null)" = 'install ok installed' ]
}

# Installs what is missing of all that was wanted.  Nothing missing: no root needed, nothing done.
install_wanted()
{
	if ! command -v dpkg-query >/dev/null; then
		say 'This is not a Debian system: make sure that the above, or its like, is installed.'
		return
	fi
	missing=
	for package in $wanted; do
		is_installed "$package" || missing="$missing $package"
	done
	if [ -z "$missing" ]; then
		say 'All of it is installed.'
		return
	fi
	if [ "$(id -u)" != 0 ]; then
		say "Missing:$missing"
		say 'As root, run:'
		say "  apt-get update && apt-get install --no-install-recommends$missing"
		say 'and then this command again.'
		exit 2
	fi
	say "Installing:$missing"
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	# shellcheck disable=SC2086
	if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } </dev/null >install.tmp 2>&1; then
		cat install.tmp
		say "Could not install:$missing"
		exit 2
	fi
	rm -f install.tmp
}

want_build()
{
	want gcc libc6-dev -- 'C compiler and C library'
	want meson ninja-build pkgconf -- 'building (meson brings python3)'
	want libinih-dev -- 'reading recipes'
	want zlib1g-dev -- 'importing packed nets'
	want libjansson-dev -- 'JSON analysis'
	want libmicrohttpd-dev -- 'playing in the browser'
}

# configure FOLDER COMPILER [SETUP OPTIONS...]: makes it ready for ninja, once.
configure()
{
	folder=$1 compiler=$2
	shift 2
	[ -f "$folder/build.ninja" ] || CC=$compiler meson setup "$folder" "$@" >"$folder.log.tmp" 2>&1 || {
		cat "$folder.log.tmp"
		return 1
	}
	rm -f "$folder.log.tmp"
}

# logged FILE COMMAND...: runs it, shows what it says, keeps that in FILE too, and returns its exit status.
logged()
{
	file=$1
	shift
	{ "$@"; echo $? >"$file.status.tmp"; } | tee -i "$file"
	read -r status <"$file.status.tmp"
	rm -f "$file.status.tmp"
	return "$status"
}
