#!/usr/bin/env bash
# A Courier of our own for the acceptance tests, in a chroot (see chroot.sh). Needs root and debootstrap.
#
#   courier.sh start DIRECTORY   builds what is not there yet, starts the server, waits until it answers; DIRECTORY/env
#                                then says where. Leaves with 75 and the reason where this machine cannot.
#   courier.sh stop DIRECTORY    stops it; all mail goes
set -euo pipefail
NAME=courier
PACKAGES=(courier-imap courier-authdaemon msmtp-mta)
# shellcheck source=tests/support/chroot.sh
. "$(dirname "${BASH_SOURCE[0]}")/chroot.sh"

# Users of the chroot's own; nothing of the machine's is read or changed.
prepare() {
    local n
    {
        for n in $(seq 40); do
            inside useradd -m "fresh$n"
        done
        seq 40 | sed 's/.*/fresh&:secret/' | inside chpasswd
    } >> "$chroots/$NAME.log" 2>&1
    # Looks for changes every second: its IDLE is no more than that.
    cat >> "$root/etc/courier/imapd" <<-END
	ADDRESS=127.0.0.1
	MAXDAEMONS=200
	MAXPERIP=200
	IMAP_IDLE_TIMEOUT=1
	END
}

begin() {
    forget
    sed -i '/^PORT=/d' "$root/etc/courier/imapd"
    echo "PORT=$1" >> "$root/etc/courier/imapd"
    inside mkdir -p /run/courier/authdaemon
    inside chown -R courier:courier /run/courier
    inside authdaemond start
    inside imapd start
}

# Takes all mail away, and leaves empty mailboxes.
forget() {
    rm -rf "$root"/home/*/Maildir
    # shellcheck disable=SC2016
    inside sh -c 'for home in /home/fresh*; do
        maildirmake "$home/Maildir" && chown -R "${home#/home/}:" "$home/Maildir"
    done'
}

main "$@"
