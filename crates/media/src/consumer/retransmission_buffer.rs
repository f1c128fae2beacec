//! Packets of one producer stream kept for retransmission, shared by its consumers.
