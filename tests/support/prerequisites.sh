# What building and testing need from the distribution: found, named, and installed if the user agrees.
# Read by tests/run; expects `live` (true or false), `yes` (true or false) and `here` (the repository).

# The Debian release of the chroots: the one whose Cyrus and Courier the tests know.
export STERNA_CHROOT_SUITE=${STERNA_CHROOT_SUITE:-bookworm}

missing=()   # what is not there, as words for the table below
reasons=()   # why it is needed

need() {
    local word=$1 reason=$2
    shift 2
    "$@" > /dev/null 2>&1 && return
    missing+=("$word")
    reasons+=("  $word: $reason")
}

has_c_compiler() {
    local compiler
    for compiler in ${CC:-cc gcc clang}; do
        echo 'int main(void) { return 0; }' | "$compiler" -x c -o /dev/null - 2> /dev/null && return 0
    done
    return 1
}

# OpenSSL's own build uses these modules; some distributions split them from perl.
has_perl() {
    perl -MFindBin -MIPC::Cmd -MFile::Compare -MFile::Copy -MTime::Piece -MIO::Socket::INET -e 1
}

has_dovecot() {
    [ -n "$("$here/tests/support/dovecot.sh" version)" ]
}

find_package_manager() {
    local manager
    for manager in apt-get dnf pacman apk zypper; do
        if command -v "$manager" > /dev/null; then
            echo "$manager"
            return
        fi
    done
}

# The package of this distribution for a word.
package() {
    case "$1:$2" in
        apt-get:compiler) echo gcc libc6-dev ;;
        apk:compiler) echo gcc musl-dev linux-headers ;;
        *:compiler) echo gcc ;;
        apt-get:dovecot) echo dovecot-imapd ;;
        *) echo "$2" ;;
    esac
}

install_command() {
    case $1 in
        apt-get) echo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ;;
        dnf) echo dnf install -y ;;
        # A fresh container has no index of packages yet.
        pacman) echo pacman -Sy --noconfirm --needed ;;
        apk) echo apk add --update-cache ;;
        zypper) echo zypper --non-interactive install ;;
    esac
}

# Some distributions start a server as soon as it is installed. These tests start their own; the system's stays off.
install_quietly() {
    local policy=/usr/sbin/policy-rc.d ours=false status=0
    if [ "$1" = apt-get ] && [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" > /dev/null
        as_root chmod 755 "$policy"
        ours=true
        # Also where the installation is interrupted.
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    if [ "$1" = apt-get ]; then
        as_root apt-get update -q || true
    fi
    shift
    as_root "$@" || status=$?
    if $ours; then
        as_root rm -f "$policy"
        trap - EXIT
    fi
    case " $* " in
        # LMTP alone comes to a Dovecot that was here before, and may serve somebody.
        *dovecot-lmtpd*) ;;
        *dovecot*)
            if [ -d /run/systemd/system ]; then
                as_root systemctl disable --now dovecot.service dovecot.socket > /dev/null 2>&1 || true
            fi
            ;;
    esac
    return "$status"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Whether the user agrees to the question: with --yes or in CI always, else only where a person can be asked.
agreed() {
    $yes && return 0
    [ "${CI-}" = true ] && return 0
    [ -t 0 ] && [ -t 1 ] || return 1
    local answer
    read -r -p "$1 [y/N] " answer
    case $answer in
        [yYjJ]*) return 0 ;;
        *) return 1 ;;
    esac
}

check_rust() {
    if ! command -v cargo > /dev/null; then
        echo "tests/run: cargo is missing. Install Rust 1.95 or newer: https://rustup.rs" >&2
        exit 69
    fi
    local component
    for component in fmt clippy; do
        if ! cargo "$component" --version > /dev/null 2>&1; then
            echo "tests/run: cargo $component is missing: rustup component add ${component/#fmt/rustfmt}" >&2
            exit 69
        fi
    done
}

# Whether Cyrus and Courier run, each in a chroot; said before anything long, and nothing is downloaded unasked. Leaves
# the reason why not in STERNA_NO_CHROOTS, which chroot.sh obeys.
check_chroots() {
    local chroots=${STERNA_CHROOTS:-$here/target/chroots} why=
    if [ "$(id -u)" != 0 ]; then
        why="a chroot needs root"
    elif [ -e "$chroots/cyrus" ] && [ -e "$chroots/courier" ]; then
        return 0
    elif ! PATH=$PATH:/usr/sbin:/sbin command -v debootstrap > /dev/null; then
        why="debootstrap is not installed"
    else
        echo "The acceptance tests on Cyrus and Courier download a Debian system ($STERNA_CHROOT_SUITE)"
        echo "with these servers into $chroots, once."
        agreed "Download now?" || why="the download was not agreed to; --yes agrees"
    fi
    [ -z "$why" ] || echo "Acceptance tests on Cyrus and Courier: NOT RUN ($why)"
    export STERNA_NO_CHROOTS=$why
}

# Whether mail can be sent to a real mail transfer agent: an Exim as an ordinary user, Dovecot's LMTP behind it, and two
# other programs that read what arrives. Leaves the reason why not in STERNA_NO_MTA, which mta.sh obeys.
check_mta() {
    local why= had_exim=false
    ! PATH=$PATH:/usr/sbin:/sbin command -v exim4 > /dev/null || had_exim=true
    if why=$("$here/tests/support/mta.sh" version); then
        why=
    elif [ "$(find_package_manager)" = apt-get ]; then
        echo "The tests of sending run an Exim and Dovecot's LMTP, from a temporary directory, on this machine alone, and"
        echo "have Python and mblaze read what was sent:"
        echo "  apt-get install exim4-daemon-light dovecot-lmtpd python3 mblaze"
        if ! agreed "Install them now?"; then
            why="the installation was not agreed to; --yes agrees"
        # One that is installed already is never removed for these tests.
        elif install_quietly apt-get env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends --no-remove exim4-daemon-light dovecot-lmtpd python3 mblaze; then
            why=$("$here/tests/support/mta.sh" version) && why=
            # What came for these tests does nothing else.
            if ! $had_exim && [ -d /run/systemd/system ]; then
                as_root systemctl disable --now exim4.service exim4-base.timer > /dev/null 2>&1 || true
            fi
        else
            why="Exim could not be installed"
        fi
    fi
    [ -z "$why" ] || echo "Tests of sending with a real mail transfer agent: NOT RUN ($why)"
    export STERNA_NO_MTA=$why
}

check_prerequisites() {
    check_packages
    if $live; then
        check_mta
        check_chroots
    fi
}

check_packages() {
    check_rust
    need compiler "a C compiler builds SQLite and OpenSSL" has_c_compiler
    need perl "OpenSSL's build" has_perl
    need make "OpenSSL's build" make --version
    if $live; then
        need openssl "a certificate for the live tests' server" openssl version
        need dovecot "the IMAP server of the live tests; it runs from a temporary directory, on this machine alone" has_dovecot
    fi
    [ "${#missing[@]}" -gt 0 ] || return 0

    echo "These are missing:"
    printf '%s\n' "${reasons[@]}"
    local manager word packages=() command
    manager=$(find_package_manager)
    if [ -z "$manager" ]; then
        echo "tests/run: no package manager known here (apt, dnf, pacman, apk, zypper): install them by hand." >&2
        exit 69
    fi
    for word in "${missing[@]}"; do
        # A package may be several words.
        # shellcheck disable=SC2207
        packages+=($(package "$manager" "$word"))
    done
    command="$(install_command "$manager") ${packages[*]}"
    echo "This installs them: $command"
    if [ "$(id -u)" != 0 ] && ! command -v sudo > /dev/null; then
        echo "tests/run: only root can install, and there is no sudo here." >&2
        exit 77
    fi
    if ! agreed "Install now?"; then
        echo "tests/run: not installed, nothing was run. --yes installs without asking, --no-live does without a server." >&2
        exit 69
    fi
    # shellcheck disable=SC2086
    install_quietly "$manager" $command

    missing=() reasons=()
    need compiler "" has_c_compiler
    need perl "" has_perl
    need make "" make --version
    if $live; then
        need openssl "" openssl version
        need dovecot "" has_dovecot
    fi
    if [ "${#missing[@]}" -gt 0 ]; then
        echo "tests/run: still missing: ${missing[*]}" >&2
        exit 69
    fi
}
