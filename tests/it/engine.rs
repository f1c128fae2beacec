//! The worker threads, over real sockets.

use std::{
    net::{Ipv4Addr, UdpSocket},
    task::Poll,
    time::Duration,
};

use media::EventKind;
use miso::{
    config::{MediaConfig, UdpBackend},
    engine::{EngineError, RouterEvent, RouterEvents, WorkerPool, WorkerState},
};

use crate::support::stun;

fn config(workers: usize) -> MediaConfig {
    MediaConfig {
        ips: vec![Ipv4Addr::LOCALHOST.into()],
        port: 0,
        workers,
        // These wait for what happens: on a busy machine a death takes longer than a caller's patience.
        request_timeout: Duration::from_secs(60),
        ..MediaConfig::default()
    }
}

/// A peer that fails rather than waits for ever.
fn peer() -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    socket
}

async fn answers_ice(config: MediaConfig) {
    let pool = WorkerPool::start(&config).unwrap();
    let (router, _events) = pool.create_router().await.unwrap();
    let (transport, data) = router.create_web_rtc_transport().await.unwrap();
    let candidate = &data.ice_candidates[0];
    let ice = &data.ice_parameters;
    let request = stun::binding_request(&ice.username_fragment, &ice.password, [9; 12]);
    let (peer, mut answer) = (peer(), [0; 1500]);
    peer.send_to(&request, (candidate.address.as_str(), candidate.port))
        .unwrap();
    let (length, from) = peer.recv_from(&mut answer).unwrap();
    assert!(stun::is_success(&answer[..length], [9; 12]));
    assert_eq!(from.port(), candidate.port);
    let stats = transport.stats().await.unwrap();
    assert_eq!(
        stats.ice_selected_tuple,
        Some(peer.local_addr().unwrap().to_string())
    );
    pool.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_reaches_its_transport_at_the_candidate_it_was_told() {
    answers_ice(config(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_reaches_its_transport_without_batches() {
    answers_ice(MediaConfig {
        udp: UdpBackend::Portable,
        ..config(1)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_reaches_its_transport_over_ipv6() {
    if UdpSocket::bind("[::1]:0").is_err() {
        panic!("this test needs IPv6 on loopback");
    }
    let pool = WorkerPool::start(&MediaConfig {
        ips: vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()],
        ..config(1)
    })
    .unwrap();
    let (router, _events) = pool.create_router().await.unwrap();
    let (_transport, data) = router.create_web_rtc_transport().await.unwrap();
    let candidate = &data.ice_candidates[1];
    assert_eq!(candidate.address, "::1");
    let peer = UdpSocket::bind("[::1]:0").unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let ice = &data.ice_parameters;
    let request = stun::binding_request(&ice.username_fragment, &ice.password, [3; 12]);
    peer.send_to(&request, ("::1", candidate.port)).unwrap();
    let mut answer = [0; 1500];
    let (length, _) = peer.recv_from(&mut answer).unwrap();
    assert!(stun::is_success(&answer[..length], [3; 12]));
}

#[test]
fn a_taken_port_is_named_at_start() {
    let taken = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let result = WorkerPool::start(&MediaConfig { port, ..config(1) });
    let Err(error @ EngineError::PortTaken { .. }) = result else {
        panic!("started on a taken port: {result:?}");
    };
    let text = error.to_string();
    assert!(text.contains(&port.to_string()), "{text}");
    assert!(text.contains("--media-port"), "{text}");
}

#[test]
fn an_address_of_another_machine_is_named_at_start() {
    let result = WorkerPool::start(&MediaConfig {
        ips: vec!["192.0.2.1".parse().unwrap()],
        ..config(1)
    });
    let Err(error) = result else {
        panic!("started on a foreign address");
    };
    let text = error.to_string();
    assert!(text.contains("192.0.2.1 is not an address"), "{text}");
}

#[tokio::test]
async fn workers_have_a_port_each_and_rooms_spread_over_them() {
    let pool = WorkerPool::start(&config(3)).unwrap();
    let mut ports: Vec<_> = pool.workers().into_iter().flat_map(|w| w.ports).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 3);
    let mut rooms = Vec::new();
    for _ in 0..6 {
        rooms.push(pool.create_router().await.unwrap());
    }
    for worker in pool.workers() {
        assert_eq!((worker.routers, worker.state), (2, WorkerState::Running));
    }
}

#[tokio::test]
async fn a_closed_router_says_so_and_frees_its_place() {
    let pool = WorkerPool::start(&config(1)).unwrap();
    let (router, mut events) = pool.create_router().await.unwrap();
    let (transport, _) = router.create_web_rtc_transport().await.unwrap();
    router.close().await;
    let told = all(&mut events).await;
    let [.., RouterEvent::Media(first), RouterEvent::Media(last)] = &told[..] else {
        panic!("{told:?}");
    };
    let id = transport.id();
    assert!(matches!(first, EventKind::TransportClosed { transport, .. } if *transport == id));
    assert!(matches!(last, EventKind::RouterClosed));
    let worker = &pool.workers()[0];
    assert_eq!((worker.routers, worker.transports), (0, 0));
}

#[tokio::test]
async fn a_forgotten_router_closes_itself() {
    let pool = WorkerPool::start(&config(1)).unwrap();
    let (router, mut events) = pool.create_router().await.unwrap();
    drop(router);
    assert!(matches!(
        all(&mut events).await[..],
        [RouterEvent::Media(EventKind::RouterClosed)]
    ));
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_nothing_behind() {
    let pool = WorkerPool::start(&config(1)).unwrap();
    let (router, _events) = pool.create_router().await.unwrap();
    // Polled once, so that the command is on its way, then dropped; again should the worker have
    // been faster than the poll.
    loop {
        let mut creating = Box::pin(router.create_web_rtc_transport());
        match futures_util::poll!(&mut creating) {
            Poll::Ready(made) => made.unwrap().0.close().await,
            Poll::Pending => break,
        }
    }
    let dump = pool.dump().await;
    assert!(dump[0].routers[0].transports.is_empty());
    assert_eq!((dump[0].tuples, dump[0].ufrags), (0, 0));
}

#[tokio::test]
async fn shutdown_closes_every_router() {
    let pool = WorkerPool::start(&config(2)).unwrap();
    let (_router, mut events) = pool.create_router().await.unwrap();
    pool.shutdown().await;
    assert!(matches!(
        all(&mut events).await[..],
        [RouterEvent::Media(EventKind::RouterClosed)]
    ));
}

async fn all(events: &mut RouterEvents) -> Vec<RouterEvent> {
    let mut found = Vec::new();
    while let Some(event) = events.next().await {
        found.push(event);
    }
    found
}

#[cfg(feature = "fault-injection")]
mod supervision {
    use std::time::Instant;

    use media::ProduceOptions;
    use ortc::types::{MediaKind, RtpParameters};
    use serde_json::json;

    use super::*;

    /// Waits until a worker is in a state, through the same call an operator would use.
    async fn until(pool: &WorkerPool, worker: usize, state: WorkerState) {
        let found = async {
            while pool.workers()[worker].state != state {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), found)
            .await
            .expect("the worker does not get there");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_dead_worker_ends_its_rooms_and_no_others() {
        let pool = WorkerPool::start(&config(2)).unwrap();
        let (doomed, mut doomed_events) = pool.create_router().await.unwrap();
        let (other, mut other_events) = pool.create_router().await.unwrap();
        assert_ne!(doomed.worker(), other.worker());
        pool.inject_panic(doomed.worker());
        assert!(matches!(
            all(&mut doomed_events).await[..],
            [RouterEvent::WorkerDied]
        ));
        assert_eq!(
            doomed.create_web_rtc_transport().await.unwrap_err(),
            EngineError::WorkerDied
        );
        other.create_web_rtc_transport().await.unwrap();
        assert!(futures_util::poll!(Box::pin(other_events.next())).is_pending());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_dead_worker_is_replaced_on_its_port() {
        let pool = WorkerPool::start(&config(1)).unwrap();
        let before = pool.workers()[0].ports.clone();
        let (_router, mut events) = pool.create_router().await.unwrap();
        let died = Instant::now();
        pool.inject_panic(0);
        all(&mut events).await;
        let (router, _events) = pool.create_router().await.unwrap();
        let (_transport, data) = router.create_web_rtc_transport().await.unwrap();
        println!("a new transport {:?} after the death", died.elapsed());
        assert_eq!(data.ice_candidates[0].port, before[0]);
        let worker = &pool.workers()[0];
        assert_eq!((worker.restarts, &worker.ports), (1, &before));
        assert_eq!((worker.routers, worker.transports), (1, 1));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_worker_that_keeps_dying_is_given_up() {
        let pool = WorkerPool::start(&config(1)).unwrap();
        let port = pool.workers()[0].ports[0];
        for _ in 0..6 {
            until(&pool, 0, WorkerState::Running).await;
            let (_router, mut events) = pool.create_router().await.unwrap();
            pool.inject_panic(0);
            all(&mut events).await;
        }
        until(&pool, 0, WorkerState::Bad).await;
        assert_eq!(
            pool.create_router().await.unwrap_err(),
            EngineError::WorkerDied
        );
        pool.shutdown().await;
        UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free again");
    }

    fn sound() -> ProduceOptions {
        let router = ortc::router_rtp_capabilities(&ortc::default_media_codecs()).unwrap();
        let parameters: RtpParameters = serde_json::from_value(json!({
            "codecs": [{
                "mimeType": "audio/opus", "payloadType": 111, "clockRate": 48000, "channels": 2,
            }],
            "encodings": [{ "ssrc": 1111 }],
        }))
        .unwrap();
        let random = &mut || 7;
        ProduceOptions {
            kind: MediaKind::Audio,
            rtp_mapping: ortc::producer_rtp_parameters_mapping(&parameters, &router, random)
                .unwrap(),
            rtp_type: ortc::rtp_type(&parameters).unwrap(),
            rtp_parameters: parameters,
            paused: false,
            router_header_extensions: ortc::router_header_extensions(&router),
            group_of_pictures: None,
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_its_caller_was_told_timed_out_is_not_done_later() {
        let pool = WorkerPool::start(&MediaConfig {
            request_timeout: Duration::from_secs(1),
            ..config(1)
        })
        .unwrap();
        let (router, _events) = pool.create_router().await.unwrap();
        let (transport, data) = router.create_web_rtc_transport().await.unwrap();
        let producer = transport.produce(sound()).await.unwrap();
        let mut dtls = data.dtls_parameters;
        dtls.role = ortc::types::DtlsRole::Client;
        pool.inject_stall(0, Duration::from_secs(3));
        let late = tokio::join!(producer.pause(), transport.connect(dtls.clone()));
        assert_eq!(late, (Err(EngineError::Timeout), Err(EngineError::Timeout)));
        // Commands are carried out in order: when this is answered, those were come to.
        while transport.stats().await.is_err() {}
        assert!(!pool.dump().await[0].routers[0].producers[0].paused);
        transport.connect(dtls).await.unwrap();
        producer.pause().await.unwrap();
        assert!(pool.dump().await[0].routers[0].producers[0].paused);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_its_caller_does_not_wait_for_is_not_done_unless_it_frees() {
        let pool = WorkerPool::start(&config(1)).unwrap();
        let (router, _events) = pool.create_router().await.unwrap();
        let (transport, _) = router.create_web_rtc_transport().await.unwrap();
        let kept = transport.produce(sound()).await.unwrap();
        let (other, _) = router.create_web_rtc_transport().await.unwrap();
        let freed = other.produce(sound()).await.unwrap();
        pool.inject_stall(0, Duration::from_secs(1));
        assert!(futures_util::poll!(Box::pin(kept.pause())).is_pending());
        assert!(futures_util::poll!(Box::pin(freed.close())).is_pending());
        let dump = pool.dump().await;
        let left = &dump[0].routers[0].producers;
        assert_eq!(
            (left.len(), left[0].id, left[0].paused),
            (1, kept.id(), false)
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn requests_under_way_fail_when_their_worker_dies() {
        let pool = WorkerPool::start(&config(1)).unwrap();
        let (router, _events) = pool.create_router().await.unwrap();
        pool.inject_panic(0);
        let result = router.create_web_rtc_transport().await;
        assert_eq!(result.unwrap_err(), EngineError::WorkerDied);
    }
}

#[test]
fn release_builds_unwind() {
    let manifest = include_str!("../../Cargo.toml");
    let profile = manifest
        .split("[profile.release]")
        .nth(1)
        .and_then(|rest| rest.split("\n[").next())
        .expect("there is a release profile");
    assert!(
        profile
            .lines()
            .any(|line| line.trim() == r#"panic = "unwind""#),
        "supervision needs unwinding: {profile}"
    );
}
