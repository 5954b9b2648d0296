#!/usr/bin/env bash
# A mail transfer agent of our own for the live tests of sending: an Exim with its own configuration, ports and spool below
# one directory, that takes mail from the users of the Dovecot there and delivers it to that Dovecot by LMTP. It runs as an
# ordinary user (as `nobody` where root starts it). Nothing of the system's Exim is read or changed.
#
#   mta.sh start DIRECTORY   after dovecot.sh start DIRECTORY; adds to DIRECTORY/env where it is. Leaves with 75 and the
#                            reason where this machine cannot.
#   mta.sh stop DIRECTORY    stops it; what it has not delivered goes with the directory
#   mta.sh version           prints the version found; fails, saying why, where something is missing
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

find_exim() {
    command -v exim4 || command -v exim
}

version() {
    local found
    found=$(find_exim) || { echo "Exim is not installed"; return 1; }
    "$here/dovecot.sh" lmtp > /dev/null || { echo "Dovecot's LMTP is not installed"; return 1; }
    # What was sent is read by others, too.
    command -v python3 > /dev/null || { echo "Python is not installed"; return 1; }
    command -v mshow > /dev/null || { echo "mblaze is not installed"; return 1; }
    "$found" -C /dev/null -bV 2> /dev/null | sed -n 's/^Exim version \([^ ]*\).*/Exim \1/p'
}

# Becomes a command, as an ordinary user.
humbly() {
    if [ "$(id -u)" = 0 ]; then
        exec setpriv --reuid nobody --regid "$(id -gn nobody)" --clear-groups "$@"
    else
        exec "$@"
    fi
}

write_config() {
    local own=$1 tls_port=$2 starttls_port=$3 user=$4 group=$5
    cat > "$own/exim.conf" <<-END
	primary_hostname = localhost
	exim_user = $user
	exim_group = $group
	deliver_drop_privilege = true
	spool_directory = $own/spool
	log_file_path = $own/log/%s
	pid_file_path = $own/exim.pid
	notifier_socket =
	keep_environment =
	disable_ipv6 = true
	local_interfaces = 127.0.0.1
	daemon_smtp_ports = $tls_port : $starttls_port
	tls_on_connect_ports = $tls_port
	tls_advertise_hosts = *
	tls_certificate = $own/server.pem
	tls_privatekey = $own/server.key
	# Nobody is let in, and nothing is said of that, before TLS.
	auth_advertise_hosts = \${if eq{\$tls_in_cipher}{}{}{*}}
	smtputf8_advertise_hosts = *
	message_size_limit = 40M
	host_lookup =
	rfc1413_query_timeout = 0s
	acl_smtp_mail = check_mail
	acl_smtp_rcpt = check_rcpt

	begin acl
	check_mail:
	  deny
	    message = log in first
	    !authenticated = *
	  accept
	check_rcpt:
	  deny
	    message = no such user here
	    !condition = \${lookup{\$local_part}lsearch{$STERNA_LIVE_DIRECTORY/users}{yes}{no}}
	  accept

	begin routers
	everybody:
	  driver = accept
	  transport = dovecot

	begin transports
	dovecot:
	  driver = smtp
	  protocol = lmtp
	  hosts = 127.0.0.1
	  hosts_override
	  allow_localhost
	  port = $STERNA_LIVE_LMTP_PORT
	  hosts_try_auth =
	  hosts_avoid_tls = *

	begin retry
	* * F,1h,1s

	begin authenticators
	plain:
	  driver = plaintext
	  public_name = PLAIN
	  server_prompts = :
	  server_condition = \${if eq{\${lookup{\$auth2}lsearch{$STERNA_LIVE_DIRECTORY/users}}}{\{PLAIN\}\$auth3}}
	  server_set_id = \$auth2
	login:
	  driver = plaintext
	  public_name = LOGIN
	  server_prompts = Username:: : Password::
	  server_condition = \${if eq{\${lookup{\$auth1}lsearch{$STERNA_LIVE_DIRECTORY/users}}}{\{PLAIN\}\$auth2}}
	  server_set_id = \$auth1
	END
}

start() {
    local dir=$1 own=$1/mta why found user group ports
    if [ -n "${STERNA_NO_MTA-}" ]; then
        echo "$STERNA_NO_MTA"
        return 75
    fi
    found=$(version) || { echo "$found"; return 75; }
    # shellcheck disable=SC1091
    . "$dir/env"
    [ -n "${STERNA_LIVE_LMTP_PORT-}" ] || { echo "the Dovecot in $dir has no LMTP"; return 75; }
    mkdir -p "$own/spool" "$own/log"
    user=$(id -un) group=$(id -gn)
    [ "$(id -u)" != 0 ] || user=nobody group=$(id -gn nobody)
    cp "$dir/server.pem" "$dir/server.key" "$own/"
    ports=$("$here/dovecot.sh" ports 2)
    write_config "$own" "${ports% *}" "${ports#* }" "$user" "$group"
    [ "$(id -u)" != 0 ] || chown -R "$user:$group" "$own"
    # -bdf: stays the process that is started here. The queue is run often, for what Dovecot did not take at once.
    humbly "$(find_exim)" -C "$own/exim.conf" -bdf -q1m < /dev/null > "$own/start.log" 2>&1 &
    echo $! > "$own/pid"
    for _ in $(seq 300); do
        if (exec 3<> "/dev/tcp/127.0.0.1/${ports#* }") 2> /dev/null; then
            cat >> "$dir/env" <<-END
			export STERNA_LIVE_MTA='$found'
			export STERNA_LIVE_SMTP_TLS_PORT=${ports% *}
			export STERNA_LIVE_SMTP_STARTTLS_PORT=${ports#* }
			END
            return 0
        fi
        kill -0 "$(cat "$own/pid")" 2> /dev/null || break
        sleep 0.1
    done
    echo "mta.sh: $found did not start:" >&2
    cat "$own/start.log" "$own"/log/* >&2 2> /dev/null || true
    stop "$dir"
    return 1
}

stop() {
    local own=$1/mta pid
    [ -s "$own/pid" ] || return 0
    pid=$(cat "$own/pid")
    kill "$pid" 2> /dev/null || true
    for _ in $(seq 100); do
        kill -0 "$pid" 2> /dev/null || break
        # In a container whose first process buries nobody, the dead stay in the list.
        ! grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2> /dev/null || break
        sleep 0.1
    done
    rm -f "$own/pid"
}

case ${1-} in
    start | stop) [ -n "${2-}" ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 64; }; "$1" "$2" ;;
    version) version ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
