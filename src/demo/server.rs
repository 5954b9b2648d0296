//! The server's life: listeners on loopback, a thread pair per connection, pause and stop.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType};

use crate::demo::dialect::Dialect;
use crate::demo::fault::{FaultKind, FaultPlan};
use crate::demo::sample;
use crate::demo::session::Session;
use crate::demo::shared::{Service, Shared, lock};
use crate::demo::smtp;
use crate::demo::state::State;

/// The only login name.
pub const USER: &str = "demo";
/// Its password; it guards nothing, the server is reached over loopback only.
pub const PASSWORD: &str = "demo";
/// An access token of the user; it guards as little.
pub const TOKEN: &str = "demo-token";

/// What the mailboxes hold at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Contents {
    /// An empty INBOX and nothing else.
    #[default]
    Empty,
    /// The sample mailbox of `--demo`.
    Sample,
    /// An INBOX of generated messages; their bytes are made when asked for.
    Bulk {
        /// How many.
        messages: u32,
        /// About this many bytes each.
        size_bytes: u32,
    },
}

/// How a server starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is there at the start.
    pub contents: Contents,
    /// Which capabilities are offered.
    pub dialect: Dialect,
    /// What goes wrong on IMAP connections.
    pub faults: FaultPlan,
    /// What goes wrong on SMTP connections.
    pub smtp_faults: FaultPlan,
    /// When a new mail arrives by itself; `None` for never.
    pub arrival_after: Option<Duration>,
    /// The UIDVALIDITY of the first mailbox; `None` takes one from the clock, another at each start.
    pub first_validity: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            contents: Contents::Empty,
            dialect: Dialect::full(),
            faults: FaultPlan::default(),
            smtp_faults: FaultPlan::default(),
            arrival_after: None,
            first_validity: None,
        }
    }
}

impl Options {
    /// What `sterna --demo` shows: sample mail, and a new one after 15 seconds. It is the same mail at each start, so an
    /// ID that one run printed names the same message in the next.
    pub fn demo() -> Self {
        Self {
            contents: Contents::Sample,
            arrival_after: Some(Duration::from_secs(15)),
            first_validity: Some(1_700_000_000),
            ..Self::default()
        }
    }
}

/// A running server; dropping it stops it.
pub struct Server {
    pub(super) shared: Arc<Shared>,
    imap: Port,
    smtp: Port,
    arrival: Option<(Sender<()>, JoinHandle<()>)>,
}

/// One listening port.
struct Port {
    /// Never listens: keeps the port from everybody else while nobody listens on it.
    _kept: OwnedFd,
    address: SocketAddr,
    service: Service,
    acceptor: Mutex<Option<JoinHandle<()>>>,
}

impl Server {
    /// Starts both servers on free ports of 127.0.0.1.
    pub fn start(options: Options) -> io::Result<Self> {
        let by_clock = || u32::try_from(crate::demo::date::now() & 0x3fff_ffff).unwrap_or(1);
        let first_validity = options.first_validity.unwrap_or_else(by_clock);
        let mut state = State::new(first_validity);
        state.speak(&options.dialect);
        match options.contents {
            Contents::Empty => {}
            Contents::Sample => sample::fill(&mut state, crate::demo::date::now()),
            Contents::Bulk {
                messages,
                size_bytes,
            } => sample::bulk::fill(&mut state, "INBOX", messages, size_bytes),
        }
        let shared = Arc::new(Shared::new(
            state,
            options.dialect,
            options.faults,
            options.smtp_faults,
        ));
        let server = Self {
            imap: Port::open(&shared, Service::Imap)?,
            smtp: Port::open(&shared, Service::Smtp)?,
            arrival: options
                .arrival_after
                .map(|after| arrive_after(Arc::clone(&shared), after)),
            shared,
        };
        Ok(server)
    }

    /// Where the IMAP server listens.
    pub const fn imap_addr(&self) -> SocketAddr {
        self.imap.address
    }

    /// Where the submission sink listens.
    pub const fn smtp_addr(&self) -> SocketAddr {
        self.smtp.address
    }

    /// Ends every connection and refuses new ones, as a server that is down. The mail stays.
    pub fn pause(&self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.imap.close();
        self.smtp.close();
        self.shared.cut_all();
    }

    /// Listens again on the same ports.
    ///
    /// # Errors
    /// Something else took a port meanwhile.
    pub fn resume(&self) -> io::Result<()> {
        self.shared.closed.store(false, Ordering::SeqCst);
        self.imap.reopen(&self.shared)?;
        self.smtp.reopen(&self.shared)
    }

    /// Ends everything.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.arrival.take() {
            drop(stop);
            let _ = thread.join();
        }
        self.pause();
    }
}

impl Port {
    fn open(shared: &Arc<Shared>, service: Service) -> io::Result<Self> {
        let (family, kind) = (AddressFamily::INET, SocketType::STREAM);
        let kept = rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
        rustix::net::sockopt::set_socket_reuseaddr(&kept, true)?;
        rustix::net::bind(&kept, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = SocketAddr::try_from(rustix::net::getsockname(&kept)?)?;
        let listener = TcpListener::bind(address)?;
        let port = Self {
            _kept: kept,
            address,
            service,
            acceptor: Mutex::default(),
        };
        port.accept(shared, listener)?;
        Ok(port)
    }

    fn accept(&self, shared: &Arc<Shared>, listener: TcpListener) -> io::Result<()> {
        let (shared, service) = (Arc::clone(shared), self.service);
        let thread = std::thread::Builder::new()
            .name("demo accept".to_owned())
            .spawn(move || {
                for socket in listener.incoming() {
                    if shared.closed.load(Ordering::SeqCst) {
                        return;
                    }
                    // A connection that breaks while it is set up is the client's to notice.
                    let _ = socket.and_then(|socket| serve(&shared, service, socket));
                }
            })?;
        *lock(&self.acceptor) = Some(thread);
        Ok(())
    }

    fn close(&self) {
        let Some(thread) = lock(&self.acceptor).take() else {
            return;
        };
        // The acceptor sees `closed` at its next connection.
        drop(TcpStream::connect(self.address));
        let _ = thread.join();
    }

    fn reopen(&self, shared: &Arc<Shared>) -> io::Result<()> {
        if lock(&self.acceptor).is_some() {
            return Ok(());
        }
        self.accept(shared, TcpListener::bind(self.address)?)
    }
}

/// Starts the two threads of a connection.
fn serve(shared: &Arc<Shared>, service: Service, socket: TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let reading = socket.try_clone()?;
    let link = shared.join(service, socket);
    let limit = shared
        .faults(service)
        .of_connection(link.number)
        .into_iter()
        .find_map(|kind| match kind {
            FaultKind::CutInput(bytes) => Some(bytes),
            _ => None,
        });
    let pump = Arc::clone(&link);
    std::thread::Builder::new()
        .name(format!("demo read {}", link.number))
        .spawn(move || pump.incoming.pump(reading, limit))?;
    let shared = Arc::clone(shared);
    std::thread::Builder::new()
        .name(format!("demo serve {}", link.number))
        .spawn(move || {
            let _ = match service {
                Service::Imap => Session::new(Arc::clone(&shared), Arc::clone(&link)).run(),
                Service::Smtp => smtp::Session::new(Arc::clone(&shared), Arc::clone(&link)).run(),
            };
            link.cut();
            shared.leave(&link);
            shared.nudge();
        })?;
    Ok(())
}

/// Lets a mail arrive later; dropping the sender calls it off.
fn arrive_after(shared: Arc<Shared>, after: Duration) -> (Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = channel::<()>();
    let thread = std::thread::spawn(move || {
        if stopped.recv_timeout(after) == Err(RecvTimeoutError::Timeout) {
            sample::arrive(&shared, crate::demo::date::now());
        }
    });
    (stop, thread)
}
