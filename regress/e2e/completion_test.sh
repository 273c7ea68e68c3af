#! /usr/bin/env atf-sh
# shellcheck shell=sh
# Completion of derpctl in bash and zsh, as `make install' leaves it.

# shellcheck source=regress/e2e/common.sh
. "$(atf_get_srcdir)/common.sh"

# installed: install below `inst'; derpctl is found by PATH.
installed() {
	e2e_paths
	(cd "$SRC/../.." && DESTDIR=$OLDPWD/inst PREFIX=/usr SYSCONFDIR=/etc \
	    sh etc/install.sh derpctl/derpctl '' '' >/dev/null) ||
	    e2e_fail "make install fails"
	PATH=$PWD/inst/usr/sbin:$PATH
	touch amap.json
}

# completes LINE WORD...: these may follow.
completes() {
	_line=$1
	shift
	_want=$(for _w; do echo "$_w"; done)
	"complete_$SHELL_NAME" "$_line" >out 2>err
	[ "$(cat out)" = "$_want" ] ||
	    e2e_fail "$SHELL_NAME: '$_line': $(cat out err), not: $_want"
}

# all: what both shells complete alike.
all() {
	completes 'derpctl cl' clients
	completes 'derpctl keys ' add check deny list remove
	completes 'derpctl -j map ch' check
	completes 'derpctl clients -s ' rx tx age drops name
	completes 'derpctl log v' verbose
	completes 'derpctl keys add nodekey:ab name x ' name group
	completes 'derpctl map check amap' amap.json
	completes 'derpctl probe -c amap' amap.json
	completes 'derpctl banana '
}

complete_bash() {
	bash --norc -c '
		. inst/usr/share/bash-completion/completions/derpctl
		complete -p derpctl >/dev/null || exit 1
		COMP_LINE=$1 COMP_POINT=${#1}
		_derpctl
		printf "%s\n" "${COMPREPLY[@]}"' - "$1" | sed '/^$/d'
}

# The functions of zsh print what they are given.
complete_zsh() {
	zsh -f -c '
		_describe() { print -l -- ${${(P)argv[-1]}%%:*} }
		_files() { print -l -- $words[CURRENT]*(N) }
		words=(${(z)1}) CURRENT=
		[[ $1 != *" " ]] || words+=("")
		CURRENT=$#words
		fpath=($PWD/inst/usr/share/zsh/site-functions $fpath)
		autoload -U _derpctl
		_derpctl' - "$1"
}

e2e_case in_bash 60 "bash completes commands, options, words and files"
in_bash_body() {
	command -v bash >/dev/null || atf_skip "there is no bash"
	SHELL_NAME=bash
	installed
	all
}

e2e_case in_zsh 60 "zsh completes commands, options, words and files"
in_zsh_body() {
	command -v zsh >/dev/null || atf_skip "there is no zsh"
	SHELL_NAME=zsh
	installed
	all
}

atf_init_test_cases() {
	atf_add_test_case in_bash
	atf_add_test_case in_zsh
}
