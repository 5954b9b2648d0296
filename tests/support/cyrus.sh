#!/usr/bin/env bash
# A Cyrus of our own for the acceptance tests, in a chroot (see chroot.sh). Needs root and debootstrap.
#
#   cyrus.sh start DIRECTORY   builds what is not there yet, starts the server, waits until it answers; DIRECTORY/env
#                              then says where. Leaves with 75 and the reason where this machine cannot.
#   cyrus.sh stop DIRECTORY    stops it; all mail goes
set -euo pipefail
NAME=cyrus
PACKAGES=(cyrus-imapd cyrus-admin sasl2-bin libsasl2-modules msmtp-mta)
# shellcheck source=tests/support/chroot.sh
. "$(dirname "${BASH_SOURCE[0]}")/chroot.sh"

# Configuration and users; ports come with the start.
prepare() {
    cat > "$root/etc/imapd.conf" <<-END
	configdirectory: /var/lib/cyrus
	proc_path: /run/cyrus/proc
	mboxname_lockpath: /run/cyrus/lock
	idlesocket: /run/cyrus/socket/idle
	lmtpsocket: /run/cyrus/socket/lmtp
	notifysocket: /run/cyrus/socket/notify
	defaultpartition: default
	partition-default: /var/spool/cyrus/mail
	servername: localhost
	altnamespace: yes
	unixhierarchysep: yes
	autocreate_quota: 0
	imapidlepoll: 1
	allowplaintext: yes
	sasl_pwcheck_method: auxprop
	sasl_auxprop_plugin: sasldb
	sasl_mech_list: PLAIN
	END
    # One for each test, which so finds an empty mailbox.
    local n
    for n in $(seq 40); do
        echo secret | inside saslpasswd2 -p -c -u localhost "fresh$n"
    done >> "$chroots/$NAME.log" 2>&1
    inside chown cyrus /etc/sasldb2
}

begin() {
    cat > "$root/etc/cyrus.conf" <<-END
	START {
	    recover cmd="/usr/sbin/cyrus ctl_cyrusdb -r"
	    idled cmd="idled"
	}
	SERVICES {
	    imap cmd="imapd -U 30" listen="127.0.0.1:$1" prefork=1 maxchild=500
	}
	EVENTS {
	    checkpoint cmd="/usr/sbin/cyrus ctl_cyrusdb -c" period=30
	}
	END
    forget
    inside mkdir -p /run/cyrus/proc /run/cyrus/lock /run/cyrus/socket
    inside chown -R cyrus:mail /run/cyrus
    inside setsid /usr/sbin/cyrmaster -C /etc/imapd.conf -M /etc/cyrus.conf &
}

# Takes all mail away.
forget() {
    rm -rf "$root/var/lib/cyrus" "$root/var/spool/cyrus/mail" "$root/run/cyrus"
    install -d -m 750 "$root/var/lib/cyrus" "$root/var/spool/cyrus/mail"
    inside chown cyrus:mail /var/lib/cyrus /var/spool/cyrus/mail
}

main "$@"
