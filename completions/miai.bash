# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of miai for bash.  Commands and options are asked of the program, so there is no list here to grow old.

_miai_commands()
{
	"$1" --help | sed -n '/^Commands:/,/^$/ s/^  \([a-z]*\)  *.*/\1/p'
}

_miai_options()
{
	"$1" help "$2" | grep -o '^ \+--[a-z-]*' | tr -d ' '
}

_miai()
{
	local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}
	if [ "$COMP_CWORD" = 1 ]; then
		COMPREPLY=($(compgen -W "$(_miai_commands "$program") --help --version" -- "$word"))
	elif [ "$command" = help ]; then
		COMPREPLY=($(compgen -W "$(_miai_commands "$program")" -- "$word"))
	elif [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "$(_miai_options "$program" "$command") --help" -- "$word"))
	else
		COMPREPLY=($(compgen -f -- "$word"))
	fi
}

complete -o filenames -F _miai miai
