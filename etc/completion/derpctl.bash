# Completion of derpctl(8) for bash: derpctl says what may follow.
# shellcheck shell=bash
_derpctl() {
	local line cur words
	line=${COMP_LINE:0:COMP_POINT}
	# Not COMP_WORDS, which are cut at each colon of a key.
	read -ra words <<<"$line"
	[[ $line != *[[:blank:]] ]] || words+=("")
	cur=${words[-1]}
	COMPREPLY=()
	while IFS= read -r line; do
		if [[ $line == $'\tfile' ]]; then
			compopt -o filenames 2>/dev/null
			while IFS= read -r line; do
				COMPREPLY+=("$line")
			done < <(compgen -f -- "$cur")
		else
			COMPREPLY+=("${line%%$'\t'*}")
		fi
	done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
}
complete -F _derpctl derpctl
