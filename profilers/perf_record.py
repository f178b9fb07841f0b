"""The shell program that records another one with perf. perf's data can only be read where it ran."""

from __future__ import annotations

RECORD = r"""
# sh -c THIS sh PERF OUT RATE STACK_BYTES PROGRAM [ARGUMENT...]
# Record the program, leave its stacks in OUT/perf.txt, and end with the program's exit status.
perf=$1 out=$2 rate=$3 bytes=$4
shift 4
export PERF_CONFIG=/dev/null
refused=$out/perf.refused data=$out/perf.data
if ! [ -x "$perf" ]; then
    echo missing >"$refused"
    exit 0
fi

# Asked first, so that a refusal is told from a program that fails.
if ! "$perf" record -q -N -e cpu-clock:u -o "$data" -- true >/dev/null 2>"$refused" </dev/null; then
    exit 0
fi
rm -f "$refused"

# 100 + the minor version of the Python that is about to run; anything else when that cannot be told.
minor() { "$@" -I -S -c 'import sys; sys.exit(100 + sys.version_info[1])' >/dev/null 2>&1 </dev/null; }
version=0
program=$(command -v -- "$1")
case ${program##*/} in
python*)
    minor "$program" || version=$? ;;
*)
    line=
    { read -r line <"$program"; } 2>/dev/null
    case $line in '#!'*python*) minor ${line#??} || version=$? ;; esac ;;
esac
if [ "$version" -gt 100 ] && [ "$version" -lt 112 ]; then
    : >"$out/perf.too-old"
    exit 0
fi
graph=dwarf,$bytes
[ "$version" -eq 112 ] && graph=fp

"$perf" record -q -N -k mono -e cpu-clock:u -F "$rate" -g --call-graph "$graph" -o "$data" -- "$@"
status=$?
{
    # Adds the code that Python 3.13 and later describe in /tmp/jit-PID.dump.
    if [ "$graph" != fp ] && "$perf" inject --jit -i "$data" -o "$data.jit"; then
        data=$data.jit
    fi
    "$perf" script --no-inline --max-stack 1000 -i "$data" -F comm,pid,tid,time,ip,sym,dso >"$out/perf.txt"
    # Python and perf leave these wherever /tmp is not the sandbox's own.
    pids='s|^[^[:space:]].*[[:space:]]\([0-9]\{1,\}\)/[0-9]\{1,\} .*|\1|p'
    for pid in $(sed -n "$pids" "$out/perf.txt" | sort -u); do
        rm -f "/tmp/perf-$pid.map" "/tmp/jit-$pid.dump" "/tmp/jitted-$pid-"*.so
    done
} >/dev/null 2>&1 </dev/null
exit "$status"
"""
