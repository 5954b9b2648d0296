# Common to cyrus.sh and courier.sh: an IMAP server of the distribution in a chroot of its own, because the distribution's
# IMAP servers exclude each other. Sourced; the script that sources it sets NAME and PACKAGES and defines `prepare`.
#
# The chroots (Debian STERNA_CHROOT_SUITE, bookworm unless set) are kept in STERNA_CHROOTS (target/chroots unless set)
# and used again: the first start downloads them and takes about a minute, the next ones a second. What was delivered goes with `stop`.
# shellcheck shell=bash
PATH=$PATH:/usr/sbin:/sbin
support=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
chroots=${STERNA_CHROOTS:-$support/../../target/chroots}
mkdir -p "$chroots"
chroots=$(cd "$chroots" && pwd -P)
root=$chroots/$NAME
# The exit code that says: this machine cannot.
readonly NOT_HERE=75

# Says why this machine cannot run the server, and leaves.
not_here() {
    echo "$1"
    exit "$NOT_HERE"
}

# Runs a command and keeps what it says; on failure the machine cannot.
quietly() {
    local what=$1
    shift
    "$@" < /dev/null >> "$chroots/$NAME.log" 2>&1 || not_here "$what failed; see $chroots/$NAME.log"
}

# A minimal system without a server, made once for all.
build_base() {
    [ -e "$chroots/base" ] && return 0
    local part=$chroots/base.part
    rm -rf "$part"
    quietly "debootstrap (is the distribution's mirror in reach?)" \
        debootstrap --variant=minbase "${STERNA_CHROOT_SUITE:-bookworm}" "$part"
    # No service starts because it is installed.
    printf '#!/bin/sh\nexit 101\n' > "$part/usr/sbin/policy-rc.d"
    chmod 755 "$part/usr/sbin/policy-rc.d"
    mv "$part" "$chroots/base"
}

# The server's own system, with its users.
build() {
    # tests/run asked before, and this is the answer.
    [ -z "${STERNA_NO_CHROOTS-}" ] || not_here "$STERNA_NO_CHROOTS"
    [ "$(id -u)" = 0 ] || not_here "a chroot needs root"
    [ -e "$root" ] && return 0
    command -v debootstrap > /dev/null || not_here "debootstrap is not installed"
    : > "$chroots/$NAME.log"
    # Two runs at once would spoil it.
    exec 9> "$chroots/lock"
    flock -w 600 9 || not_here "another run builds a chroot"
    if [ ! -e "$root" ]; then
        build_base
        rm -rf "$root.part"
        cp -a "$chroots/base" "$root.part"
        quietly "the installation of ${PACKAGES[*]}" \
            chroot "$root.part" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends "${PACKAGES[@]}"
        root=$root.part
        prepare
        mv "$root" "${root%.part}"
        root=${root%.part}
    fi
    exec 9>&-
}

# Runs a command in the chroot with a clean environment, and with no open file but the first three: a server that keeps
# somebody's pipe open makes him wait for ever.
inside() {
    (
        for fd in /proc/"$BASHPID"/fd/*; do
            fd=${fd##*/}
            [ "$fd" -le 2 ] || eval "exec $fd>&-"
        done
        exec chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
    )
}

# A port that nobody listens on now, of this machine alone.
free_port() {
    perl -MIO::Socket::INET -e '
        print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => 0)->sockport'
}

# Waits until somebody answers there.
await_port() {
    for _ in $(seq 300); do
        if (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; then
            return 0
        fi
        sleep 0.1
    done
    return 1
}

# Ends every process whose root is the chroot, and none else.
end_all() {
    local signal link pid n_left
    for signal in TERM TERM KILL; do
        for _ in $(seq 30); do
            n_left=0
            for link in /proc/[0-9]*/root; do
                [ "$(readlink "$link" 2> /dev/null)" = "$root" ] || continue
                pid=${link#/proc/}
                pid=${pid%/root}
                # The dead have no root any more; who is here lives.
                kill "-$signal" "$pid" 2> /dev/null || true
                n_left=$((n_left + 1))
            done
            [ "$n_left" = 0 ] && return 0
            sleep 0.1
        done
    done
    echo "$NAME.sh: $n_left processes do not end" >&2
    return 1
}

write_env() {
    local dir=$1 port=$2 version=$3
    cat > "$dir/env" <<-END
	export STERNA_LIVE_HOST=localhost
	export STERNA_LIVE_PORT=0
	export STERNA_LIVE_PLAIN_PORT=$port
	export STERNA_LIVE_CA=
	export STERNA_LIVE_SERVER='$version'
	export STERNA_LIVE_DIRECTORY=$dir
	END
}

# build | start DIRECTORY | stop DIRECTORY
main() {
    case ${1-} in
        build) build; return ;;
        start | stop) [ -n "${2-}" ] || { echo "$NAME.sh start|stop DIRECTORY" >&2; exit 64; } ;;
        *) echo "$NAME.sh start|stop DIRECTORY" >&2; exit 64 ;;
    esac
    local port
    case $1 in
        start)
            build
            end_all
            mkdir -p "$2"
            port=$(free_port)
            write_env "$2" "$port" "$(inside dpkg-query -W -f '${Package} ${Version}' "${PACKAGES[0]}")"
            # In a shell of its own: this one keeps its output for itself, also where the server stays its child.
            (begin "$port") < /dev/null >> "$2/start.log" 2>&1
            await_port "$port" || {
                echo "$NAME.sh: the server did not start:" >&2
                cat "$2/start.log" >&2
                end_all
                exit 1
            }
            ;;
        stop)
            [ ! -e "$root" ] || { end_all; forget; }
            ;;
    esac
}
