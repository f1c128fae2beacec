//! When the producer is asked for key frames.

use super::{source::Source, *};

#[test]
fn key_frame_is_asked_for_on_the_whole_schedule_until_one_arrives() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    rig.wait(30_000);
    let times: Vec<_> = rig.requests.drain(..).map(|(at, _)| at).collect();
    assert_eq!(
        times,
        [0, 250, 1_250, 2_250, 3_250, 4_250, 5_250, 15_250, 25_250]
    );
    rig.forward_all(&source.key_frame(1));
    rig.wait(60_000);
    assert!(rig.requests.is_empty());
    assert_eq!(rig.consumer.poll_timeout(), None);
}

#[test]
fn packets_that_are_no_key_frame_change_nothing() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    for _ in 0..40 {
        rig.wait(33);
        rig.forward_all(&source.inter_frame(2));
    }
    let times: Vec<_> = rig.requests.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [0, 250, 1_250]);
}

#[test]
fn paused_consumer_asks_for_nothing() {
    let mut config = config(Codec::Vp8, 1);
    config.options.paused = true;
    let mut rig = Rig::new(config);
    rig.call(Consumer::request_key_frame);
    rig.wait(20_000);
    assert!(rig.requests.is_empty());
    rig.call(Consumer::resume);
    assert_eq!(rig.asked(), [0]);
    rig.call(Consumer::pause);
    rig.wait(20_000);
    assert!(rig.requests.is_empty());
}

#[test]
fn resume_during_the_slow_phase_asks_at_once() {
    let mut rig = Rig::video();
    rig.wait(8_000);
    rig.requests.clear();
    rig.call(Consumer::pause);
    rig.call(Consumer::resume);
    rig.wait(1_300);
    assert_eq!(rig.requests, [(8_000, 0), (8_250, 0), (9_250, 0)]);
}

#[test]
fn receivers_request_is_passed_on_and_repeated_until_a_key_frame_comes() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    rig.forward_all(&source.key_frame(1));
    rig.asked();
    rig.call(Consumer::request_key_frame);
    rig.wait(100);
    rig.call(Consumer::request_key_frame);
    rig.wait(300);
    assert_eq!(rig.requests, [(0, 0), (100, 0), (250, 0)]);
    assert_eq!(
        rig.forward_all(&source.inter_frame(1)).len(),
        1,
        "goes on meanwhile"
    );
    rig.forward_all(&source.key_frame(1));
    rig.requests.clear();
    rig.wait(20_000);
    assert!(rig.requests.is_empty());
}

#[test]
fn receivers_request_during_a_switch_asks_for_both() {
    let mut rig = Rig::simulcast();
    let (mut low, mut high) = (Source::new(0), Source::new(2));
    rig.alive(&[true, false, false]);
    rig.forward_all(&low.key_frame(1));
    rig.forward_all(&high.inter_frame(1));
    rig.asked();
    rig.call(Consumer::request_key_frame);
    assert_eq!(rig.asked(), [0, 2]);
}

#[test]
fn many_quick_pauses_ask_once_per_resume() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    for _ in 0..1_000 {
        rig.call(Consumer::pause);
        rig.call(Consumer::pause);
        rig.call(Consumer::resume);
        rig.call(Consumer::resume);
        rig.wait(10);
    }
    assert_eq!(rig.asked().len(), 1 + 1_000);
    assert_eq!(rig.forward_all(&source.key_frame(1)).len(), 1);
}

#[test]
fn switch_ends_the_wait_for_the_layer_left_behind() {
    let mut rig = Rig::simulcast();
    let (mut low, mut high) = (Source::new(0), Source::new(2));
    rig.alive(&[true, false, false]);
    rig.forward_all(&low.key_frame(1));
    rig.forward_all(&high.inter_frame(1));
    rig.call(Consumer::request_key_frame);
    assert_eq!(rig.forward_all(&high.key_frame(1)).len(), 1);
    rig.asked();
    rig.wait(20_000);
    assert!(rig.asked().is_empty());
}

#[test]
fn request_nobody_has_taken_yet_ends_with_a_pause() {
    let (mut rig, mut source) = (Rig::video(), Source::new(0));
    rig.forward_all(&source.key_frame(1));
    rig.asked();
    rig.consumer.request_key_frame(rig.now);
    rig.call(Consumer::pause);
    assert!(rig.asked().is_empty());
}
