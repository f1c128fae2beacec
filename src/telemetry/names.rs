//! Every metric by name, kind, labels and meaning: the one table that the exposition, `docs/metrics.md`
//! and the board are held to. Labels have few values each; no room, peer or address is ever one.

use super::metrics::{Family, Kind};

/// Seconds an event or a request takes; an acknowledgement is owed within ten.
const HANDLING: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Declares families, and all of them together.
macro_rules! families {
    ($($id:ident = $kind:expr, $name:literal [$($label:literal),*] $help:literal;)+) => {
        $(
            #[doc = $help]
            pub const $id: Family = Family {
                name: $name,
                help: $help,
                kind: $kind,
                labels: &[$($label),*],
            };
        )+
        /// All families, in order of exposition.
        pub const ALL: &[&Family] = &[$(&$id),+];
    };
}

families! {
    BUILD = Kind::Gauge, "miso_build_info" ["version"]
        "Always 1; which version runs";
    ROOMS = Kind::Gauge, "miso_rooms" [] "Open rooms";
    PEERS = Kind::Gauge, "miso_peers" [] "Peers in rooms";
    SOCKETS = Kind::Gauge, "miso_sockets" [] "Connected Socket.IO sockets, one per namespace";
    SESSIONS = Kind::Gauge, "miso_sessions" [] "Engine.IO connections, sockets or not yet";
    ADDRESSES = Kind::Gauge, "miso_addresses" [] "Remote addresses with a socket; an IPv6 /64 is one";
    WHIP_SESSIONS = Kind::Gauge, "miso_whip_sessions" [] "Publishers by WHIP";
    WHEP_SESSIONS = Kind::Gauge, "miso_whep_sessions" [] "Viewers by WHEP";
    BROADCASTS = Kind::Gauge, "miso_broadcasts" [] "Broadcast ids that are good, on air or not";

    WORKER_UP = Kind::Gauge, "miso_worker_up" ["worker"]
        "1 while a media worker forwards; 0 while it is being replaced, stuck or given up";
    WORKER_RESTARTS = Kind::Counter, "miso_worker_restarts" ["worker"]
        "Times a worker's thread died and was replaced";
    WORKER_PANICS = Kind::Counter, "miso_worker_panics" ["worker"]
        "Panics caught inside one transport's work";
    WORKER_CPU = Kind::Counter, "miso_worker_cpu_seconds" ["worker"]
        "Processor time of a worker's thread";
    WORKER_BUSY = Kind::Counter, "miso_worker_busy_seconds" ["worker"]
        "Time a worker was awake; its rate is the worker's load, 1 at most";
    WORKER_EVENTS_DROPPED = Kind::Counter, "miso_worker_events_dropped" ["worker"]
        "Score and layer events dropped because a room read them too slowly";
    ROUTERS = Kind::Gauge, "miso_routers" ["worker"] "Routers, one per room";
    TRANSPORTS = Kind::Gauge, "miso_transports" ["worker", "state"]
        "Transports: connected, or connecting";
    PRODUCERS = Kind::Gauge, "miso_producers" ["worker", "kind"] "Producers";
    CONSUMERS = Kind::Gauge, "miso_consumers" ["worker", "kind"] "Consumers";

    DATAGRAMS = Kind::Counter, "miso_udp_datagrams" ["worker", "direction"]
        "Datagrams received and sent";
    TRANSPORT_BYTES = Kind::Counter, "miso_transport_bytes" ["worker", "direction"]
        "Bytes of datagrams from and to clients";
    RTP_PACKETS = Kind::Counter, "miso_rtp_packets" ["worker", "direction"]
        "RTP packets received and authentic, and sent";
    PRODUCER_PACKETS = Kind::Counter, "miso_producer_packets" ["worker", "kind"]
        "Media packets received by producers, repairs not counted";
    PRODUCER_BYTES = Kind::Counter, "miso_producer_bytes" ["worker", "kind"]
        "Payload bytes received by producers";
    CONSUMER_PACKETS = Kind::Counter, "miso_consumer_packets" ["worker", "kind"]
        "Media packets sent to consumers, repairs not counted";
    CONSUMER_BYTES = Kind::Counter, "miso_consumer_bytes" ["worker", "kind"]
        "Payload bytes sent to consumers";
    DROPS = Kind::Counter, "miso_drops" ["worker", "reason"]
        "Datagrams and packets that came to nothing";
    DUPLICATES = Kind::Counter, "miso_duplicate_packets" ["worker", "kind"]
        "Packets that came twice";
    NACKS = Kind::Counter, "miso_nacks_received" ["worker"] "NACK messages from receivers";
    RETRANSMITTED = Kind::Counter, "miso_retransmitted_packets" ["worker", "kind"]
        "Packets sent again to receivers";
    REQUESTED = Kind::Counter, "miso_requested_packets" ["worker", "kind"]
        "Packets publishers were asked to send again (NACK sent)";
    RECOVERED = Kind::Counter, "miso_recovered_packets" ["worker", "kind"]
        "Packets that came by retransmission only";
    KEY_FRAME_REQUESTS = Kind::Counter, "miso_key_frame_requests" ["worker", "direction", "type"]
        "Key-frame requests: in from receivers, out to publishers";
    KEY_FRAMES = Kind::Counter, "miso_key_frames" ["worker"] "Key frames received";
    ROUND_TRIP = Kind::Sampled, "miso_round_trip_seconds" ["worker"]
        "Round-trip time to receivers, by their reports";
    JITTER = Kind::Sampled, "miso_jitter_seconds" ["worker"]
        "Interarrival jitter of received streams, once per report";
    LOSS = Kind::Sampled, "miso_loss_ratio" ["worker", "direction"]
        "Share of packets lost between two reports: in from publishers, out to receivers";
    FIRST_MEDIA = Kind::Sampled, "miso_first_media_seconds" ["worker", "kind"]
        "From the moment a consumer may be sent media to its first packet, of a key frame if video";
    HANDSHAKE_FAILURES = Kind::Counter, "miso_handshake_failures" ["worker", "cause"]
        "Transports that never connected";
    TRANSPORTS_CLOSED = Kind::Counter, "miso_transports_closed" ["worker", "reason"]
        "Transports closed otherwise: wanted, consent-expired (the client vanished), internal";

    JOINS = Kind::Counter, "miso_joins" ["dialect", "outcome"]
        "Joins of rooms, by dialect or what else peers come by; the outcome is ok or an error word";
    JOIN_SECONDS = Kind::Histogram(HANDLING), "miso_join_seconds" ["dialect"]
        "Time a join takes that succeeds, its room made if there is none";
    EVENTS = Kind::Counter, "miso_signaling_events" ["dialect", "verb", "outcome"]
        "Socket.IO events; the outcome is ok or an error word of protocol.md";
    EVENT_SECONDS = Kind::Histogram(HANDLING), "miso_signaling_event_seconds" ["verb"]
        "From an event's arrival to its answer";
    HTTP_REQUESTS = Kind::Counter, "miso_http_requests" ["route", "method", "status"]
        "HTTP requests by route template and status class; Socket.IO's own are not among them";
    HTTP_SECONDS = Kind::Histogram(HANDLING), "miso_http_request_seconds" ["route"]
        "From an HTTP request's head to its answer's";
    REFUSALS = Kind::Counter, "miso_refusals" ["kind"]
        "What was refused because of a limit, by what there was too much of";
    TLS_FAILURES = Kind::Counter, "miso_tls_handshake_failures" ["cause"]
        "TLS handshakes of the page and signalling that failed";

    LOG_LINES = Kind::Counter, "miso_log_lines" ["level"] "Log lines written";
    LOG_DROPPED = Kind::Counter, "miso_log_lines_dropped" []
        "Log lines lost because nobody read them";
    LOG_SUPPRESSED = Kind::Counter, "miso_log_lines_suppressed" []
        "Warnings not written because the same place warns too often";

    PROCESS_CPU = Kind::Counter, "process_cpu_seconds" []
        "Processor time of the whole server";
    PROCESS_RESIDENT = Kind::Gauge, "process_resident_memory_bytes" [] "Resident memory";
    PROCESS_VIRTUAL = Kind::Gauge, "process_virtual_memory_bytes" [] "Virtual memory";
    PROCESS_FDS = Kind::Gauge, "process_open_fds" [] "Open file descriptors";
    PROCESS_MAX_FDS = Kind::Gauge, "process_max_fds" [] "File descriptors the system allows";
    PROCESS_THREADS = Kind::Gauge, "process_threads" [] "Threads";
    PROCESS_START = Kind::Gauge, "process_start_time_seconds" []
        "When the server started, in seconds since 1970";
}
