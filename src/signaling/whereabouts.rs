//! Where a session is, kept for and told to whoever looks at sockets. Enters and leaves no room itself.

use super::{
    admin_ui::{Of, Seen, describe},
    intake::Place,
    session::{Member, Session},
};

impl Session {
    /// Is in a room from now on.
    pub(super) fn settle(&mut self, member: Member) {
        let room = member.room.id().clone();
        self.member = Some(member);
        self.intake.set_place(Some(Place {
            room: room.clone(),
            peer: self.id.clone(),
            dialect: self.dialect.label(),
        }));
        self.see(|of| Seen::Joined(of, room.as_str().to_owned()));
        let socket = self.connection.0.clone();
        self.see(|_| Seen::Updated(Box::new(describe(&socket.into()))));
    }

    /// Is in no room from now on, and nobody's heir.
    pub(super) fn give_up(&mut self) -> Option<Member> {
        let member = self.member.take()?;
        self.id = self.own_id();
        self.intake.set_place(None);
        self.see(|of| Seen::Left(of, member.room.id().as_str().to_owned()));
        Some(member)
    }

    /// Tells whoever looks at sockets that there is another.
    pub(super) fn announce(&self) {
        let socket = self.connection.0.clone();
        self.see(|_| Seen::Connected(Box::new(describe(&socket.into()))));
    }

    /// Tells whoever looks at sockets.
    pub(super) fn see(&self, seen: impl FnOnce(Of) -> Seen) {
        let socket = &self.connection.0;
        let of = || Of {
            namespace: socket.ns().to_owned(),
            id: socket.id.to_string(),
        };
        self.shared.feed.tell(|| seen(of()));
    }
}
