//! Statistics.

use crate::{
    error::{ApiError, ErrorCode},
    room::TransportId,
    signaling::{
        request::{Id, Reply},
        session::Session,
    },
};

/// Counters of one of the client's transports.
pub(super) async fn transport(session: &Session, id: Id) -> Result<Reply, ApiError> {
    let room = &session.member()?.room;
    let stats = room.transport_stats(&session.id, TransportId(id.0)).await?;
    let stats = serde_json::to_value(stats);
    let stats = stats.map_err(|_| ApiError::new(ErrorCode::Internal, "internal error"))?;
    Ok(Reply::Stats(stats))
}
