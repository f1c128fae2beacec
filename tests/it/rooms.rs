//! Rooms on real media workers, without sockets: limits of the server, races of joining and closing,
//! peers that fall behind.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use media::MediaLimits;
use miso::{
    config::{BroadcastConfig, MediaConfig, RateConfig, RoomConfig, SignalingConfig},
    engine::WorkerPool,
    room::{
        Broadcasts, Counts, EventReceiver, Hears, NewPeer, PeerId, PeerPage, Profile, Publisher,
        Registry, Role, Room, RoomError, RoomEvent, RoomId, Visit, policy::Limit,
    },
};

fn registry(config: RoomConfig) -> Arc<Registry> {
    start(config, &SignalingConfig::default(), MediaLimits::default())
}

fn start(config: RoomConfig, signaling: &SignalingConfig, limits: MediaLimits) -> Arc<Registry> {
    let media = MediaConfig {
        ips: vec![Ipv4Addr::LOCALHOST.into()],
        port: 0,
        workers: 2,
        limits,
        ..MediaConfig::default()
    };
    let pool = WorkerPool::start(&media).unwrap();
    let broadcasts = Broadcasts::new(BroadcastConfig::default());
    Registry::new(pool, config, signaling, &RateConfig::default(), broadcasts)
}

fn peer(registry: &Registry, name: &str) -> (NewPeer, EventReceiver) {
    let (sender, events) = registry.event_queue();
    let peer = NewPeer {
        watches: false,
        announced: true,
        max_consumers: None,
        id: PeerId::from(name),
        display_name: None,
        dialect: "native",
        profile: Profile::Full,
        hears: Hears::FromJoin,
        pages: true,
        events: sender,
        public: false,
        resumes: false,
    };
    (peer, events)
}

async fn empty(registry: &Registry) {
    // The last references of a closed room go when its worker has confirmed; each look yields.
    while registry.counts() != Counts::default() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn rooms_and_peers_are_limited_and_given_back() {
    let registry = registry(RoomConfig {
        rooms: 2,
        peers: 4,
        peers_per_room: 2,
        ..RoomConfig::default()
    });
    let (a, b, c) = (RoomId::from("a"), RoomId::from("b"), RoomId::from("c"));
    let join = async |room: &RoomId, name: &str| {
        let (peer, _events) = peer(&registry, name);
        registry.join(room, peer).await
    };
    let (room, _) = join(&a, "1").await.unwrap();
    join(&a, "2").await.unwrap();
    let full = join(&a, "3").await.unwrap_err();
    assert_eq!(full, RoomError::Limit(Limit::Peers), "the room is full");
    let (other, _) = join(&b, "3").await.unwrap();
    assert_eq!(
        join(&c, "4").await.unwrap_err(),
        RoomError::Limit(Limit::Rooms)
    );
    join(&b, "4").await.unwrap();
    assert_eq!(
        join(&c, "5").await.unwrap_err(),
        RoomError::Limit(Limit::Peers),
        "the server is full"
    );

    for name in ["1", "2"] {
        registry.leave(&room, &PeerId::from(name));
    }
    join(&c, "5").await.unwrap();
    for name in ["3", "4"] {
        registry.leave(&other, &PeerId::from(name));
    }
    registry.leave(&registry.room(&c).unwrap(), &PeerId::from("5"));
    empty(&registry).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_joins_while_a_room_closes_meets_the_others() {
    let registry = registry(RoomConfig::default());
    let visitors = (0..4).map(|visitor| {
        let registry = registry.clone();
        tokio::spawn(async move {
            for round in 0..200 {
                let (new, _events) = peer(&registry, &format!("{visitor}-{round}"));
                let id = new.id.clone();
                let (room, _) = registry.join(&RoomId::from("busy"), new).await.unwrap();
                // Whoever is in a room is in the one the registry would give to the next.
                let known = registry.room(&RoomId::from("busy")).unwrap();
                assert!(Arc::ptr_eq(&room, &known), "two rooms of one name");
                room.create_transport(&id, Role::Send, None).await.unwrap();
                registry.leave(&room, &id);
            }
        })
    });
    for visitor in visitors.collect::<Vec<_>>() {
        visitor.await.unwrap();
    }
    empty(&registry).await;
}

#[tokio::test]
async fn one_name_is_one_peer() {
    let registry = registry(RoomConfig::default());
    let room = RoomId::from("r");
    let (first, _events) = peer(&registry, "twin");
    let (second, _more) = peer(&registry, "twin");
    registry.join(&room, first).await.unwrap();
    let again = registry.join(&room, second).await.unwrap_err();
    assert_eq!(again, RoomError::AlreadyJoined);
    assert_eq!(registry.counts().peers, 1);
}

#[tokio::test]
async fn a_room_is_listed_page_by_page_as_it_was_at_the_join() {
    let registry = registry(RoomConfig {
        peers_per_answer: 2,
        ..RoomConfig::default()
    });
    let id = RoomId::from("a");
    let names = |page: &PeerPage| {
        let peers = page.peers.iter();
        peers.map(|peer| peer.id.to_string()).collect::<Vec<_>>()
    };
    let mut kept = Vec::new();
    let mut join = async |name: &str| {
        let (peer, events) = peer(&registry, name);
        kept.push(events);
        registry.join(&id, peer).await.unwrap()
    };
    for name in ["1", "2", "3", "4", "5", "6"] {
        join(name).await;
    }
    let (room, joined) = join("me").await;
    let me = PeerId::from("me");
    assert_eq!(names(&joined.others), ["1", "2"]);

    registry.leave(&room, &PeerId::from("1"));
    registry.leave(&room, &PeerId::from("4"));
    join("7").await;
    let first = joined.others.more.unwrap();
    let second = room.more_peers(&me, first).unwrap();
    assert_eq!(names(&second), ["3", "5"], "who left is not listed");
    let again = room.more_peers(&me, first).unwrap();
    assert_eq!((names(&again), again.more), (names(&second), second.more));
    let third = room.more_peers(&me, second.more.unwrap()).unwrap();
    assert_eq!(names(&third), ["6"], "who came later was announced");
    assert_eq!(third.more, None);
    let beyond = room.more_peers(&me, u64::MAX).unwrap();
    assert_eq!((names(&beyond).len(), beyond.more), (0, None));

    let again = room.rejoin(&me).unwrap();
    assert_eq!(names(&again.others), ["2", "3"]);
    let more = again.others.more.unwrap();
    let rest = room.more_peers(&me, more).unwrap();
    assert_eq!(names(&rest), ["5", "6"]);
    let last = room.more_peers(&me, rest.more.unwrap()).unwrap();
    assert_eq!(names(&last), ["7"]);
}

#[tokio::test]
async fn a_peer_too_far_behind_loses_its_queue_and_others_do_not() {
    let registry = registry(RoomConfig {
        pending_events: 3,
        ..RoomConfig::default()
    });
    let room = RoomId::from("r");
    let (slow, mut behind) = peer(&registry, "slow");
    registry.join(&room, slow).await.unwrap();
    let mut others = Vec::new();
    for name in ["1", "2", "3", "4", "5"] {
        let (other, events) = peer(&registry, name);
        others.push(events);
        registry.join(&room, other).await.unwrap();
    }
    let mut heard = 0;
    while let Some(event) = behind.recv().await {
        assert!(matches!(event, RoomEvent::PeerJoined { .. }));
        heard += 1;
    }
    assert_eq!(heard, 3, "what fits is heard, then the queue ends");
    assert!(others[2].recv().await.is_some());
}

/// A peer that may come back, with one transport.
async fn returning(registry: &Arc<Registry>, room: &RoomId, name: &str) -> Arc<Room> {
    let (new, _events) = peer(registry, name);
    let new = NewPeer {
        resumes: true,
        ..new
    };
    let id = new.id.clone();
    let (room, _) = registry.join(room, new).await.unwrap();
    room.create_transport(&id, Role::Send, None).await.unwrap();
    room
}

/// Longer than any test.
fn kept_for_long() -> RoomConfig {
    RoomConfig {
        resume_grace: Duration::from_secs(3_600),
        ..RoomConfig::default()
    }
}

async fn who_leaves(events: &mut EventReceiver) -> String {
    loop {
        if let RoomEvent::PeerLeft { peer, .. } = events.recv().await.unwrap() {
            return peer.to_string();
        }
    }
}

#[tokio::test]
async fn a_peer_that_loses_its_last_transport_while_away_leaves_at_once() {
    // Its client is gone: nobody connects the transport in time.
    let limits = MediaLimits {
        connect_timeout: Duration::from_millis(200),
        ..MediaLimits::default()
    };
    let registry = start(kept_for_long(), &SignalingConfig::default(), limits);
    let id = RoomId::from("r");
    let (witness, mut events) = peer(&registry, "witness");
    registry.join(&id, witness).await.unwrap();
    let room = returning(&registry, &id, "lost").await;
    registry.detach(&room, &PeerId::from("lost"), 0, Ipv4Addr::LOCALHOST.into());
    assert_eq!(registry.counts().peers, 2, "it is waited for");
    assert_eq!(who_leaves(&mut events).await, "lost");
    assert_eq!(registry.counts().peers, 1);
}

#[tokio::test]
async fn an_address_has_as_many_lost_peers_as_sockets_and_those_beyond_leave_at_once() {
    let signaling = SignalingConfig {
        sockets_per_address: 2,
        ..SignalingConfig::default()
    };
    let registry = start(kept_for_long(), &signaling, MediaLimits::default());
    let id = RoomId::from("r");
    let (witness, mut events) = peer(&registry, "witness");
    registry.join(&id, witness).await.unwrap();
    let lose = async |name: &str, last: u8| {
        let room = returning(&registry, &id, name).await;
        let address = Ipv4Addr::new(192, 0, 2, last);
        registry.detach(&room, &PeerId::from(name), 0, address.into());
    };
    for (name, last) in [("1", 1), ("2", 1), ("3", 1), ("elsewhere", 2)] {
        lose(name, last).await;
    }
    assert_eq!(who_leaves(&mut events).await, "3");
    assert_eq!(registry.counts().peers, 4, "the others are waited for");

    // Who comes back gives its place to the next.
    let room = registry.room(&id).unwrap();
    let token = room.resume_token(&PeerId::from("1")).unwrap().unwrap();
    registry.resume(&id, token.as_str()).unwrap();
    // Whoever waited for it is told so first.
    tokio::task::yield_now().await;
    lose("4", 1).await;
    assert_eq!(registry.counts().peers, 5);
}

#[tokio::test]
async fn rooms_are_spread_over_workers() {
    let registry = registry(RoomConfig::default());
    let mut workers = Vec::new();
    for name in ["a", "b"] {
        let (new, _events) = peer(&registry, name);
        let id = new.id.clone();
        let (room, _) = registry.join(&RoomId::from(name), new).await.unwrap();
        room.create_transport(&id, Role::Send, None).await.unwrap();
        workers.extend(room.worker());
    }
    workers.sort_unstable();
    assert_eq!(workers, [0, 1]);
}

#[cfg(feature = "fault-injection")]
#[tokio::test]
async fn whoever_asks_a_room_that_was_closed_meanwhile_is_told_so() {
    let registry = registry(RoomConfig::default());
    let (new, mut events) = peer(&registry, "a");
    let id = new.id.clone();
    let (room, _) = registry.join(&RoomId::from("a"), new).await.unwrap();
    registry.pool().inject_panic(room.worker().unwrap());
    while !matches!(events.recv().await, Some(RoomEvent::RoomClosed { .. })) {}
    let error = miso::error::ApiError::from(room.rtp_capabilities(&id).unwrap_err());
    assert_eq!(error.code.as_str(), "room-closed");
}

#[tokio::test]
async fn a_publisher_that_left_keeps_no_room() {
    let registry = registry(RoomConfig::default());
    let publisher = Publisher::default();
    let visit = |room: &str| Visit {
        opens: true,
        ..Visit::of_page(RoomId::from(room), Ipv4Addr::LOCALHOST.into())
    };
    let (before, _) = registry.guest(visit("a")).await.unwrap();
    publisher.replace(before.clone());
    let (second, _) = registry.guest(visit("b")).await.unwrap();
    let was = publisher.replace(second.clone());
    publisher.leave(&before.id);
    assert!(publisher.is(&second.id), "whoever took its place stays");
    registry.dismiss(&before);
    publisher.restore(was);
    let rooms = [before, second].map(|guest| {
        registry.dismiss(&guest);
        publisher.leave(&guest.id);
        Arc::downgrade(&guest.room)
    });
    empty(&registry).await;
    while rooms.iter().any(|room| room.upgrade().is_some()) {
        tokio::task::yield_now().await;
    }
}

#[cfg(feature = "fault-injection")]
fn sound(transport: media::TransportId, ssrc: u32) -> miso::room::Produce {
    miso::room::Produce {
        transport: miso::room::TransportChoice::Id(transport),
        kind: ortc::types::MediaKind::Audio,
        rtp_parameters: serde_json::from_value(serde_json::json!({
            "codecs": [{
                "mimeType": "audio/opus", "payloadType": 111, "clockRate": 48000, "channels": 2,
            }],
            "encodings": [{ "ssrc": ssrc }],
        }))
        .unwrap(),
        app_data: miso::room::AppData::from_json("{}"),
        display: false,
        paused: false,
        group_of_pictures: None,
    }
}

#[cfg(feature = "fault-injection")]
#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_tries_again_what_its_worker_was_too_busy_for() {
    use miso::room::{Numbers, Slot, Wanted};
    use ortc::types::MediaKind;

    let media = MediaConfig {
        ips: vec![Ipv4Addr::LOCALHOST.into()],
        port: 0,
        workers: 1,
        request_timeout: Duration::from_secs(1),
        ..MediaConfig::default()
    };
    let pool = WorkerPool::start(&media).unwrap();
    let signaling = SignalingConfig::default();
    let registry = Registry::new(
        pool,
        RoomConfig::default(),
        &signaling,
        &RateConfig::default(),
        Broadcasts::new(BroadcastConfig::default()),
    );
    let visit = |role| {
        let visit = Visit::of_page(RoomId::from("a"), Ipv4Addr::LOCALHOST.into());
        let opens = true;
        Visit {
            opens,
            role,
            ..visit
        }
    };
    let (sender, sending) = registry.guest(visit(Role::Send)).await.unwrap();
    let capabilities = (*sender.room.rtp_capabilities(&sender.id).unwrap()).clone();
    let slot = Slot {
        kind: MediaKind::Audio,
        rtp_capabilities: capabilities,
        numbers: Numbers::new("0".to_owned()),
    };
    let publisher = Publisher::default();
    let watching = Visit {
        watches: true,
        ..visit(Role::Receive)
    };
    let viewing = registry.viewer(watching, Wanted::Publisher(publisher.clone()), vec![slot]);
    let (viewer, _) = viewing.await.unwrap();
    let room = &sender.room;
    room.produce(&sender.id, sound(sending.id, 1))
        .await
        .unwrap();
    let (newest, _) = room
        .produce(&sender.id, sound(sending.id, 2))
        .await
        .unwrap();
    // From now on there is something to see, of which the end of another tells; the worker is stuck.
    publisher.replace(sender.clone());
    registry.pool().inject_stall(0, Duration::from_secs(3));
    room.close_producer(&sender.id, newest).await.unwrap();
    let mut state = viewer.state();
    assert!(!state.borrow().live);
    state.wait_for(|state| state.live).await.unwrap();
}
