#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# qgo.sh MIAI NET SCREENSHOT: Debian's qgo on a screen of its own; three clicks on the board, each answered by miai.
# The last line is "qgo: N of 3 moves answered".
#
# qgo 2.1 places an engine's moves only where it counts its commands, and it counts them only for an engine whose file is
# called gnugo.  So miai is given to it by that name.
set -u
miai=$(realpath "$1") net=$(realpath "$2") picture=$3
home=$(mktemp -d)
display=:$((90 + $$ % 100))

Xvfb "$display" -screen 0 1280x900x24 >"$home/xvfb.log" 2>&1 &
server=$!
DISPLAY=$display HOME=$home
export DISPLAY HOME
program=
trap 'kill $program $server 2>/dev/null; rm -rf "$home"' EXIT
sleep 2
openbox >"$home/openbox.log" 2>&1 &

mkdir -p "$home/.config/qGo"
ln -s "$miai" "$home/gnugo"
cat >"$home/.config/qGo/qGo.conf" <<END
[General]
DEFAULT_ENGINE=0
EDIT_SIZE=9
EDIT_KOMI=7
EDIT_HANDICAP=0
COMPUTER_PLAYS_BLACK=false
COMPUTER_PLAYS_WHITE=true

[ENGINES]
1\\path=$home/gnugo
1\\args=gtp --net $net --visits 20 --threads 1
size=1
END

/usr/games/qgo >"$home/qgo.log" 2>&1 &
program=$!
sleep 8
xdotool mousemove 165 102 click 1 # "new game"
sleep 3
xdotool key Return
sleep 5
for point in '174 577' '414 577' '294 217'; do # C3, G3, E9 of the picture
	# shellcheck disable=SC2086
	xdotool mousemove $point click 1
	sleep 5
done
import -window root "$picture"
moves=$(grep -c 'readFromStdout.*=10[0-9][0-9] [A-J][1-9]' "$home/qgo.log")
[ "$moves" = 3 ] || tail -n 20 "$home/qgo.log"
echo "qgo: $moves of 3 moves answered"
[ "$moves" = 3 ]
