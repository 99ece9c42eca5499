#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test_run_demo.sh ROOT: what run-demo says and returns, with a program and a package manager that only pretend.
set -u
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
mkdir -p "$top/build" "$top/tools" "$top/bin"
cp "$1/run-demo" "$top" && cp "$1/tools/prepare.sh" "$top/tools" && cd "$top" || exit 1
failed=0

# stub NAME: a program, from standard input
stub()
{
	{ echo '#!/bin/sh'; cat; } >"$1"
	chmod +x "$1"
}

# expect STATUS WORDS: runs run-demo
expect()
{
	PATH=$top/bin:$PATH ./run-demo >out 2>&1
	status=$?
	if [ "$status" != "$1" ] || ! grep -q -e "$2" out; then
		echo "want exit $1 and \"$2\", got exit $status and:"
		cat out
		failed=$((failed + 1))
	fi
}

stub bin/ninja </dev/null
: >build/build.ninja
echo 'echo install ok installed' | stub bin/dpkg-query
stub build/miai <<'EOT'
mkdir -p demo.run/nets
echo weights >demo.run/nets/000001.net
sha256sum demo.run/nets/000001.net | sed 's/^/net /; s/  .*//'
EOT
net=$(echo weights | sha256sum | cut -c 1-64)

echo "> Demo net: \`$net\` and more" >README.md
expect 0 '^rebuilt: the net is the one in README.md$'
echo "> Demo net: \`${net%????}dead\`" >README.md
expect 1 "^DIFFERENT: this run made $net, README.md has ${net%????}dead\$"
echo '> Demo net: `to come`' >README.md
expect 1 '^DIFFERENT: this run made .* has none$'

echo 'exit 4' | stub build/miai
expect 1 '^The run did not end; ./run-demo continues it.$'
echo "echo net ${net%????}beef" | stub build/miai
expect 1 "^DIFFERENT: no file in demo.run/nets has the SHA-256 ${net%????}beef\$"
echo 'echo nothing' | stub build/miai
expect 1 '^DIFFERENT: no file '
echo 'exit 1' | stub bin/ninja
expect 2 '^Building miai'

stub bin/dpkg-query </dev/null
echo 'echo 1000' | stub bin/id
expect 2 'apt-get install --no-install-recommends gcc '
echo 'echo 0' | stub bin/id
echo 'echo no network; exit 100' | stub bin/apt-get
expect 2 '^Could not install: gcc '

echo "9 cases, $failed failed"
[ "$failed" = 0 ]
