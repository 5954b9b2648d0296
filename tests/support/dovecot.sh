#!/usr/bin/env bash
# A Dovecot of our own for the live tests: its own configuration, certificate authority, users, ports and mail, all below
# one directory. Nothing of the system's Dovecot is read or changed. Works as root and as an ordinary user.
#
#   dovecot.sh start DIRECTORY   writes what is not there yet, starts the server, waits until it answers
#   dovecot.sh stop DIRECTORY    stops it; the mail stays
#   dovecot.sh version           prints the version found, nothing when there is none
#   dovecot.sh lmtp              whether it can take mail by LMTP
#   dovecot.sh ports N           prints so many free ports of this machine
#
# DIRECTORY/env then says where it is, as STERNA_LIVE_* variables for a shell.
# STERNA_LIVE_FORMAT: how mail is kept, sdbox (default) or maildir.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin

# The programs that speak IMAP and LMTP are packages of their own in some distributions.
has() {
    local directory
    for directory in /usr/lib/dovecot /usr/libexec/dovecot /usr/lib64/dovecot /usr/local/libexec/dovecot /usr/local/lib/dovecot; do
        [ -x "$directory/$1" ] && return 0
    done
    return 1
}

lmtp() {
    has lmtp
}

version() {
    if command -v dovecot > /dev/null && has imap-login; then
        dovecot --version 2> /dev/null | cut -d ' ' -f 1
    fi
}

# So many ports that nobody listens on now, all of this machine alone.
ports() {
    perl -MIO::Socket::INET -e '
        my @open = map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => 0) or die $! } 1 .. shift;
        print join(" ", map { $_->sockport } @open);' "$1"
}

write_certificates() {
    local dir=$1
    cat > "$dir/server.ext" <<-END
	basicConstraints = CA:FALSE
	keyUsage = digitalSignature
	extendedKeyUsage = serverAuth
	subjectAltName = DNS:localhost, IP:127.0.0.1
	END
    cat > "$dir/ca.cnf" <<-END
	[req]
	distinguished_name = name
	x509_extensions = ca
	prompt = no
	[name]
	CN = Sterna live test authority
	[ca]
	basicConstraints = critical, CA:TRUE
	keyUsage = critical, keyCertSign, cRLSign
	subjectKeyIdentifier = hash
	END
    {
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
            -config "$dir/ca.cnf" -keyout "$dir/ca.key" -out "$dir/ca.pem"
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
            -subj "/CN=localhost" -keyout "$dir/server.key" -out "$dir/server.csr"
        openssl x509 -req -days 30 -in "$dir/server.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -set_serial 1 \
            -extfile "$dir/server.ext" -out "$dir/server.pem"
    } 2> "$dir/openssl.log" || { cat "$dir/openssl.log" >&2; return 1; }
}

# COMPRESS is a plugin of 2.3, if it is installed, and a part of 2.4.
plugins() {
    local modules
    modules=$(doveconf -d -h mail_plugin_dir 2> /dev/null || true)
    for module in zlib imap_zlib; do
        compgen -G "$modules/lib*_${module}_plugin.so" > /dev/null || return 0
    done
    echo "zlib imap_zlib"
}

# What both versions have in common.
write_common() {
    cat <<-END
	base_dir = $dir/run
	state_dir = $dir/state
	instance_name = sterna-live
	log_path = $dir/dovecot.log
	default_internal_user = $internal_user
	default_internal_group = $internal_group
	default_login_user = $login_user
	first_valid_uid = 1
	first_valid_gid = 1
	mail_uid = $mail_uid
	mail_gid = $mail_gid
	# The mail goes with the tests; only the machine's own fall could lose it.
	mail_fsync = never
	ssl = yes
	ssl_min_protocol = TLSv1.2
	auth_mechanisms = plain login
	# Ports are fixed above 1024 and on this machine alone; nothing is closed in, since an ordinary user cannot.
	service imap-login {
	  chroot =
	  inet_listener imap {
	    $listen = 127.0.0.1
	    port = $plain_port
	  }
	  inet_listener imaps {
	    $listen = 127.0.0.1
	    port = $tls_port
	    ssl = yes
	  }
	}
	$lmtp_service
	service anvil {
	  chroot =
	}
	service stats {
	  chroot =
	}
	protocol imap {
	  mail_max_userip_connections = 500
	}
	namespace inbox {
	  inbox = yes
	  separator = /
	  mailbox Drafts {
	    auto = subscribe
	    special_use = \\Drafts
	  }
	  mailbox Sent {
	    auto = subscribe
	    special_use = \\Sent
	  }
	  mailbox Trash {
	    auto = subscribe
	    special_use = \\Trash
	  }
	  mailbox Archive {
	    auto = subscribe
	    special_use = \\Archive
	  }
	  mailbox Junk {
	    auto = subscribe
	    special_use = \\Junk
	  }
	}
	END
}

# Where mail is taken from a mail transfer agent.
write_lmtp() {
    cat <<-END
	postmaster_address = postmaster@localhost
	service lmtp {
	  inet_listener lmtp {
	    $listen = 127.0.0.1
	    port = $lmtp_port
	  }
	}
	END
}

write_config() {
    local dir=$1 version=$2 plain_port=$3 tls_port=$4 lmtp_port=$5
    local format=${STERNA_LIVE_FORMAT:-sdbox} listen=address
    local internal_user internal_group login_user mail_uid mail_gid compress=yes lmtp_service=
    if [ "$(id -u)" = 0 ]; then
        # Mail never belongs to root: Dovecot refuses that, and rightly.
        internal_user=$(id -un dovecot 2> /dev/null || echo nobody)
        login_user=$(id -un dovenull 2> /dev/null || echo nobody)
        internal_group=$(id -gn "$internal_user")
        mail_uid=$(id -u nobody) mail_gid=$(id -g nobody)
    else
        internal_user=$(id -un) login_user=$(id -un) internal_group=$(id -gn)
        mail_uid=$(id -u) mail_gid=$(id -g)
    fi
    {
        printf '%s:{PLAIN}%s\n' anna secret bela geheim
        # One for each test, which so finds an empty mailbox.
        printf 'fresh%d:{PLAIN}secret\n' $(seq 99)
    } > "$dir/users"
    chmod 644 "$dir/users"
    mkdir -p "$dir/mail" "$dir/run" "$dir/state"
    # Where it already is ours, this is refused to an ordinary user and not needed.
    [ "$(id -u)" != 0 ] || chown "$mail_uid:$mail_gid" "$dir/mail"
    case $version in
        2.[0-3].* | 2.[0-3])
            [ -n "$(plugins)" ] || compress=no
            ! lmtp || lmtp_service=$(write_lmtp)
            {
                cat <<-END
				protocols = imap${lmtp_service:+ lmtp}
				# A recipient by LMTP has a domain behind the name.
				auth_username_format = %Ln
				ssl_cert = <$dir/server.pem
				ssl_key = <$dir/server.key
				disable_plaintext_auth = no
				mail_home = $dir/mail/%u
				mail_location = $format:~/mail
				mail_plugins = $(plugins | cut -d ' ' -f 1)
				protocol imap {
				  mail_plugins = $(plugins)
				}
				passdb {
				  driver = passwd-file
				  args = scheme=PLAIN username_format=%u $dir/users
				}
				userdb {
				  driver = static
				  args = uid=$mail_uid gid=$mail_gid home=$dir/mail/%u
				}
				END
                write_common
            } > "$dir/dovecot.conf"
            ;;
        *)
            listen=listen
            ! lmtp || lmtp_service=$(write_lmtp)
            {
                # The file is written as 2.4.0 had it; newer versions read it so.
                cat <<-END
				dovecot_config_version = 2.4.0
				dovecot_storage_version = 2.4.0
				protocols {
				  imap = yes
				  lmtp = ${lmtp_service:+yes}
				}
				auth_username_format = %{user | username | lower}
				ssl_server_cert_file = $dir/server.pem
				ssl_server_key_file = $dir/server.key
				auth_allow_cleartext = yes
				mail_driver = $format
				mail_home = $dir/mail/%{user}
				mail_path = ~/mail
				passdb passwd-file {
				  passwd_file_path = $dir/users
				}
				userdb static {
				  fields {
				    uid = $mail_uid
				    gid = $mail_gid
				    home = $dir/mail/%{user}
				  }
				}
				END
                write_common
            } > "$dir/dovecot.conf"
            ;;
    esac
    # doveadm asks the running server who a user is; only this user may.
    cat > "$dir/env" <<-END
	export STERNA_LIVE_HOST=localhost
	export STERNA_LIVE_PORT=$tls_port
	export STERNA_LIVE_PLAIN_PORT=$plain_port
	export STERNA_LIVE_CA=$dir/ca.pem
	export STERNA_LIVE_USER=anna
	export STERNA_LIVE_PASSWORD=secret
	export STERNA_LIVE_USER2=bela
	export STERNA_LIVE_PASSWORD2=geheim
	export STERNA_LIVE_SERVER='Dovecot $version'
	export STERNA_LIVE_FORMAT=$format
	export STERNA_LIVE_COMPRESS=$compress
	export STERNA_LIVE_MAIL=$dir/mail
	export STERNA_LIVE_DOVEADM_CONFIG=$dir/dovecot.conf
	export STERNA_LIVE_LMTP_PORT=${lmtp_service:+$lmtp_port}
	export STERNA_LIVE_DIRECTORY=$dir
	export STERNA_LIVE_CONTROL=$(cd "$(dirname "$0")" && pwd)/dovecot.sh
	END
}

is_running() {
    local pid
    [ -s "$1/pid" ] || return 1
    pid=$(cat "$1/pid")
    kill -0 "$pid" 2> /dev/null || return 1
    # In a container whose first process buries nobody, the dead stay in the list.
    ! grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2> /dev/null
}

start() {
    local dir=$1 found
    found=$(version)
    [ -n "$found" ] || { echo "dovecot.sh: no Dovecot with IMAP here" >&2; return 1; }
    # The sockets below it must fit into 107 bytes.
    [ "${#dir}" -le 60 ] || { echo "dovecot.sh: $dir is too long a path" >&2; return 1; }
    case $dir in
        /*) ;;
        *) echo "dovecot.sh: $dir is not an absolute path" >&2; return 1 ;;
    esac
    mkdir -p "$dir"
    chmod 755 "$dir"
    if [ ! -s "$dir/env" ]; then
        write_certificates "$dir"
        # shellcheck disable=SC2046
        write_config "$dir" "$found" $(ports 3)
    fi
    is_running "$dir" && return 0
    # -F: stays the process that is started here, so that it can be stopped by its number.
    dovecot -F -c "$dir/dovecot.conf" < /dev/null >> "$dir/start.log" 2>&1 &
    echo $! > "$dir/pid"
    # shellcheck disable=SC1091
    . "$dir/env"
    for _ in $(seq 300); do
        if (exec 3<> "/dev/tcp/127.0.0.1/$STERNA_LIVE_PORT") 2> /dev/null; then
            return 0
        fi
        is_running "$dir" || break
        sleep 0.1
    done
    echo "dovecot.sh: Dovecot $found did not start:" >&2
    cat "$dir/start.log" >&2
    tail -n 20 "$dir/dovecot.log" >&2 2> /dev/null || true
    stop "$dir"
    return 1
}

stop() {
    local dir=$1 pid
    is_running "$dir" || return 0
    pid=$(cat "$dir/pid")
    kill "$pid"
    for _ in $(seq 300); do
        is_running "$dir" || break
        sleep 0.1
    done
    if is_running "$dir"; then
        kill -KILL "$pid" || true
    fi
    rm -f "$dir/pid"
}

case ${1-} in
    start | stop) [ -n "${2-}" ] || { sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 64; }; "$1" "$2" ;;
    version) version ;;
    lmtp) lmtp ;;
    ports) ports "$2" ;;
    *) sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
