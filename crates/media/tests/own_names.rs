//! A viewer that chose its own payload types and header-extension ids, as an SDP offer does.

use media::{Command, CommandError, ConsumeOptions, ConsumerId, ProducerId};
use netem::Config;

use super::common::parameters::{self, MID_URI, ROUTER_VP8, ROUTER_VP8_RTX};
use super::common::{MS, Net, PeerKey, SECOND, SourceSetup};

/// The viewer's payload types; the router uses both numbers for something else.
const VP8: u8 = ROUTER_VP8_RTX;
const VP8_RTX: u8 = ROUTER_VP8;

#[test]
fn viewer_gets_media_and_repairs_under_the_payload_types_it_chose() {
    let mut net = Net::new(1);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = subscribe(&mut net, viewer, video, rename);
    let other = net.subscribe(viewer, video);
    net.run_for(SECOND);
    let lossy = Config::lossy(0.05).with_delay(20 * MS);
    net.peers[viewer.0].down.set_config(lossy);
    net.run_for(10 * SECOND);
    net.set_links(viewer, Config::default().with_delay(20 * MS));
    net.run_for(SECOND);
    for consumer in [seen, other] {
        let sink = net.sink(consumer);
        assert!(sink.rtx_packets > 0 && sink.pictures().len() > 330);
        assert_eq!(sink.lost(), [0_u64; 0]);
    }
    net.assert_sound();
}

#[test]
fn viewer_never_sees_an_extension_it_did_not_list() {
    let mut net = Net::new(2);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    let seen = subscribe(&mut net, viewer, video, |options| {
        rename(options);
        let listed = &mut options.rtp_parameters.header_extensions;
        listed.retain(|extension| extension.uri == MID_URI);
    });
    let other = net.subscribe(viewer, video);
    net.run_for(SECOND);
    let ids = |net: &mut Net, consumer| net.sink(consumer).extension_ids.clone();
    assert_eq!(ids(&mut net, seen), [1].into());
    assert!(ids(&mut net, other).contains(&4), "abs-send-time");
    net.assert_sound();
}

#[test]
fn payload_types_that_lead_nowhere_are_refused() {
    let mut net = Net::new(3);
    let (sender, viewer) = (net.join(), net.join());
    let video = net.publish(sender, SourceSetup::vp8(10));
    for map in [
        vec![(ROUTER_VP8, 96)],
        vec![(ROUTER_VP8_RTX, ROUTER_VP8_RTX)],
        vec![(200, ROUTER_VP8)],
        vec![(ROUTER_VP8, 200)],
    ] {
        let setup = SourceSetup::vp8(10);
        let (mut options, _) = parameters::consume_options(video, &setup, 0x7777);
        options.payload_types.clone_from(&map);
        let consumer = ConsumerId(net.fresh_id());
        let reply = net.request(Command::Consume {
            transport: net.peers[viewer.0].transport,
            consumer,
            options: Box::new(options),
        });
        let refused = matches!(reply, Err(CommandError::InvalidRtpParameters(_)));
        assert!(refused, "{map:?}: {reply:?}");
    }
}

fn rename(options: &mut ConsumeOptions) {
    for codec in &mut options.rtp_parameters.codecs {
        codec.payload_type = match codec.payload_type {
            ROUTER_VP8 => VP8,
            _ => VP8_RTX,
        };
    }
    options.payload_types = vec![(ROUTER_VP8, VP8), (ROUTER_VP8_RTX, VP8_RTX)];
}

fn subscribe(
    net: &mut Net,
    viewer: PeerKey,
    video: ProducerId,
    change: impl FnOnce(&mut ConsumeOptions),
) -> ConsumerId {
    let seen = net.subscribe_with(viewer, video, change);
    let setup = &mut net.sink(seen).setup;
    setup.payload_type = VP8;
    setup.rtx_payload_type = Some(VP8_RTX);
    seen
}
