# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of miai for fish.  Commands and options are asked of the program, so there is no list here to grow old.

function __miai_commands
	miai --help | sed -n '/^Commands:/,/^$/ s/^  \([a-z]*\)  *\(.*\)/\1\t\2/p'
end

function __miai_options
	set -l words (commandline -opc)
	miai help $words[2] | sed -n 's/^  *\(--[a-z-]*\) *[A-Z0-9,]*  *\(.*\)/\1\t\2/p'
end

complete -c miai -n '__fish_is_first_arg' -f -a '(__miai_commands)'
complete -c miai -n 'not __fish_is_first_arg; and string match -q -- "-*" (commandline -ct)' -f -a '(__miai_options)'
