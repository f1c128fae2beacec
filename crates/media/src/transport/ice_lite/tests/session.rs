//! What a session remembers, selects and forgets.

use super::*;

#[test]
fn the_first_valid_check_connects_and_a_nomination_completes() {
    let mut session = Session::new();
    assert_eq!(session.ice.state(), IceState::New);
    assert_eq!(session.ice.poll_timeout(), None);
    let outcome = session.check(1, false);
    let expected = IceOutcome {
        added: Some(tuple(1)),
        selected_changed: true,
        state_changed: true,
        ..IceOutcome::default()
    };
    assert_eq!(outcome, expected);
    assert_eq!(session.ice.state(), IceState::Connected);
    assert!(session.ice.is_validated(&tuple(1)));
    assert!(!session.ice.is_validated(&tuple(2)));
    assert_reply_is_authentic(&session.reply, &session.password);
    let outcome = session.check(1, true);
    assert_eq!(
        outcome,
        IceOutcome {
            state_changed: true,
            ..IceOutcome::default()
        }
    );
    assert_eq!(session.ice.state(), IceState::Completed);
    assert_eq!(session.check(1, true), IceOutcome::default());
}

#[test]
fn the_selected_tuple_moves_by_nomination_only() {
    let mut session = Session::new();
    session.check(1, true);
    let outcome = session.check(2, false);
    assert_eq!(
        outcome,
        IceOutcome {
            added: Some(tuple(2)),
            ..IceOutcome::default()
        }
    );
    assert_eq!(session.selected_port(), Some(1));
    let outcome = session.check(2, true);
    assert_eq!(
        outcome,
        IceOutcome {
            selected_changed: true,
            ..IceOutcome::default()
        }
    );
    assert_eq!(session.selected_port(), Some(2));
    session.check(1, false);
    assert_eq!(session.selected_port(), Some(2));
}

#[test]
fn an_older_renomination_does_not_move_the_selected_tuple() {
    let mut session = Session::new();
    let mut nominate = |port, number: u32| {
        let request = session
            .unsigned(true)
            .with(NOMINATION, &number.to_be_bytes())
            .integrity(&session.password)
            .fingerprint();
        session.send(port, &request.0);
        session.selected_port()
    };
    assert_eq!(nominate(1, 1), Some(1));
    assert_eq!(nominate(2, 3), Some(2));
    assert_eq!(nominate(1, 2), Some(2));
    assert_eq!(nominate(1, 4), Some(1));
}

#[test]
fn a_copy_of_a_check_is_answered_and_moves_nothing() {
    let mut session = Session::new();
    let (first, second) = (session.request(true), session.request(true));
    session.send(1, &first);
    session.send(2, &second);
    assert_eq!(session.selected_port(), Some(2));
    // From a stranger, and from where the client was.
    for port in [3, 1] {
        assert_eq!(session.send(port, &first), IceOutcome::default());
        assert_reply_is_authentic(&session.reply, &session.password);
    }
    assert!(!session.ice.is_validated(&tuple(3)));
    assert_eq!(session.selected_port(), Some(2));
    // A retransmission of the client's own.
    assert_eq!(session.send(2, &second), IceOutcome::default());
    assert_reply_is_authentic(&session.reply, &session.password);
}

#[test]
fn a_copy_of_a_check_does_not_take_the_place_of_a_quiet_client() {
    let mut session = Session::new();
    let request = session.request(true);
    session.send(1, &request);
    // The pause between two checks of Firefox, without media.
    session.pass(6 * SECOND);
    assert_eq!(session.send(2, &request), IceOutcome::default());
    session.check(1, false);
    assert_eq!(session.selected_port(), Some(1));
}

#[test]
fn checks_that_differ_in_their_nomination_alone_are_two() {
    // Libraries are about that keep the transaction id when they nominate.
    let mut session = Session::new();
    session.check(1, true);
    let plain = session.unsigned(false);
    let nominating = plain.clone().with(USE_CANDIDATE, &[]);
    for (request, selected) in [(plain, 1), (nominating, 2)] {
        let request = request.integrity(&session.password).fingerprint();
        session.send(2, &request.0);
        assert_eq!(session.selected_port(), Some(selected));
    }
}

#[test]
fn a_client_that_repeats_one_check_for_ever_keeps_consent() {
    let mut session = Session::new();
    let request = session.request(true);
    for _ in 0..100 {
        session.send(1, &request);
        assert_eq!(session.selected_port(), Some(1));
        session.pass(5 * SECOND);
        assert_eq!(session.timeout(), IceOutcome::default());
    }
    // When its address changes it is followed once the old one is silent for long.
    session.pass(10 * SECOND);
    session.timeout();
    assert!(session.send(2, &request).selected_changed);
}

#[test]
fn a_tuple_from_which_nothing_comes_loses_its_place_to_any_valid_one() {
    let mut session = Session::new();
    session.check(1, true);
    // Chromium's next check of the selected tuple was lost, that of another path was not.
    session.pass(UNCHECKED - SECOND / 10);
    session.check(2, false);
    assert_eq!(session.selected_port(), Some(1));
    session.pass(SECOND / 10);
    assert!(session.check(2, false).selected_changed);
    assert_eq!(session.selected_port(), Some(2));
    // It begins anew: an old path does not take its place back.
    session.pass(UNCHECKED - SECOND / 10);
    session.check(1, false);
    assert_eq!(session.selected_port(), Some(2));
}

#[test]
fn media_keeps_a_tuple_selected_whose_checks_are_lost_for_half_the_consent_timeout() {
    let mut session = Session::new();
    session.check(1, true);
    for _ in 0..14 {
        session.pass(SECOND);
        session.ice.hear(session.now, tuple(1));
        session.check(2, false);
        assert_eq!(session.selected_port(), Some(1));
    }
    session.pass(SECOND);
    session.ice.hear(session.now, tuple(1));
    assert!(session.check(2, false).selected_changed);
}

#[test]
fn media_from_another_valid_tuple_selects_it_when_nothing_comes_from_the_selected_one() {
    let mut session = Session::new();
    session.check(1, true);
    session.check(2, false);
    session.pass(UNUSED - SECOND / 10);
    session.ice.hear(session.now, tuple(2));
    assert_eq!(session.selected_port(), Some(1));
    session.pass(SECOND / 10);
    // Of one that no check came from it says nothing.
    session.ice.hear(session.now, tuple(3));
    assert_eq!(session.selected_port(), Some(1));
    session.ice.hear(session.now, tuple(2));
    assert_eq!(session.selected_port(), Some(2));
    // A packet that was under way for long does not lead back, nor does a check.
    session.pass(SECOND / 10);
    session.ice.hear(session.now, tuple(1));
    session.check(1, false);
    assert_eq!(session.selected_port(), Some(2));
    // A nomination does, as ever.
    session.check(1, true);
    assert_eq!(session.selected_port(), Some(1));
}

#[test]
fn media_is_no_consent() {
    let mut session = Session::new();
    session.check(1, true);
    for _ in 0..30 {
        session.pass(SECOND);
        session.ice.hear(session.now, tuple(1));
    }
    assert!(session.timeout().expired);
}

#[test]
fn tuples_beyond_the_limit_evict_the_one_silent_longest() {
    let mut session = Session::new();
    session.check(1, true);
    for port in 2..=8 {
        session.pass(SECOND);
        session.ice.hear(session.now, tuple(1));
        assert_eq!(session.check(port, false).removed, None);
    }
    session.check(2, false);
    session.pass(SECOND);
    let outcome = session.check(9, false);
    assert_eq!(
        (outcome.added, outcome.removed),
        (Some(tuple(9)), Some(tuple(3)))
    );
    assert!(!session.ice.is_validated(&tuple(3)));
    for port in 100..1000 {
        session.check(port, false);
    }
    assert_eq!(session.ice.tuples.len(), 8);
    assert_eq!(session.selected_port(), Some(1));
}

#[test]
fn consent_is_in_doubt_at_half_its_timeout_and_gone_at_the_end() {
    let mut session = Session::new();
    session.check(1, true);
    assert_eq!(session.ice.poll_timeout(), Some(session.now + 15 * SECOND));
    session.pass(15 * SECOND);
    assert_eq!(
        session.timeout(),
        IceOutcome {
            state_changed: true,
            ..IceOutcome::default()
        }
    );
    assert_eq!(session.ice.state(), IceState::Disconnected);
    assert_eq!(session.ice.poll_timeout(), Some(session.now + 15 * SECOND));
    session.pass(15 * SECOND);
    assert_eq!(
        session.timeout(),
        IceOutcome {
            expired: true,
            ..IceOutcome::default()
        }
    );
    assert_eq!(session.ice.poll_timeout(), None);
    assert_eq!(session.timeout(), IceOutcome::default());
}

#[test]
fn a_valid_check_restores_consent_and_state() {
    let mut session = Session::new();
    session.check(1, true);
    session.pass(20 * SECOND);
    session.timeout();
    assert_eq!(
        session.check(1, false),
        IceOutcome {
            state_changed: true,
            ..IceOutcome::default()
        }
    );
    assert_eq!(session.ice.state(), IceState::Completed);
    session.pass(14 * SECOND);
    assert_eq!(session.timeout(), IceOutcome::default());
}

#[test]
fn neither_forged_checks_nor_indications_keep_consent() {
    let mut session = Session::new();
    session.check(1, true);
    for _ in 0..30 {
        session.pass(SECOND);
        let forged = session.unsigned(true).integrity("guess").fingerprint().0;
        assert!(session.send(1, &forged).rejected);
        let indication = Stun::new(0x0011, 1).fingerprint().0;
        assert_eq!(session.send(1, &indication), IceOutcome::default());
        assert!(session.reply.is_empty());
    }
    assert!(session.timeout().expired);
}

#[test]
fn a_silent_tuple_is_dropped_while_another_keeps_consent() {
    let mut session = Session::new();
    session.check(1, true);
    session.check(2, false);
    for _ in 0..4 {
        session.pass(10 * SECOND);
        session.check(2, true);
        let due = session.ice.poll_timeout().unwrap();
        if due <= session.now {
            assert_eq!(session.timeout().removed, Some(tuple(1)));
        }
    }
    assert!(!session.ice.is_validated(&tuple(1)));
    assert_eq!(session.selected_port(), Some(2));
}

#[test]
fn restart_keeps_the_old_credentials_until_the_new_are_used() {
    let mut session = Session::new();
    let (old_ufrag, old_request) = (session.ufrag.clone(), session.request(true));
    session.check(1, true);
    assert_eq!(session.restart(), None);
    assert_eq!(
        session.ice.ufrags().collect::<Vec<_>>(),
        [&session.ufrag, &old_ufrag]
    );
    assert_eq!(session.ice.parameters().username_fragment, session.ufrag);
    assert!(!session.send(1, &old_request).rejected);
    assert!(!session.reply.is_empty());
    let outcome = session.check(2, true);
    assert_eq!(outcome.old_ufrag_dropped, Some(old_ufrag));
    assert_eq!(session.selected_port(), Some(2));
    assert!(session.send(1, &old_request).rejected);
    assert!(session.reply.is_empty());
    assert_eq!(session.ice.ufrags().count(), 1);
}

#[test]
fn unused_old_credentials_are_dropped_after_thirty_seconds() {
    let mut session = Session::new();
    let (old_ufrag, old_request) = (session.ufrag.clone(), session.request(true));
    session.restart();
    assert_eq!(
        session.ice.poll_timeout(),
        Some(session.now + OLD_CREDENTIALS)
    );
    session.pass(OLD_CREDENTIALS);
    assert_eq!(session.timeout().old_ufrag_dropped, Some(old_ufrag));
    assert!(session.send(1, &old_request).rejected);
    assert_eq!(session.ice.poll_timeout(), None);
}

#[test]
fn a_second_restart_drops_the_oldest_credentials_at_once() {
    let mut session = Session::new();
    let first = session.ufrag.clone();
    session.restart();
    let second = session.ufrag.clone();
    assert_eq!(session.restart(), Some(first));
    assert_eq!(
        session.ice.ufrags().collect::<Vec<_>>(),
        [&session.ufrag, &second]
    );
}

#[test]
fn a_smaller_now_is_ignored() {
    let mut session = Session::new();
    session.check(1, true);
    session.pass(20 * SECOND);
    session.timeout();
    session.now -= 15 * SECOND;
    session.check(1, true);
    assert_eq!(session.ice.poll_timeout(), Some(session.now + 30 * SECOND));
}
