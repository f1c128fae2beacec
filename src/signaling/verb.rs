//! What a request is, in one word, for the log and metrics. Decides nothing.

use super::request::Request;

impl Request {
    /// What it is, for the log and metrics: the event of our own protocol that asks the same.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::All(requests) => requests.first().map_or("nothing", Self::verb),
            Self::Nothing => "nothing",
            Self::RoomExists(_) => "roomExists",
            Self::Join(_) => "join",
            Self::MorePeers { .. } => "morePeers",
            Self::Leave => "leave",
            Self::Peers => "peers",
            Self::RtpCapabilities => "rtpCapabilities",
            Self::CreateTransport { .. } => "createTransport",
            Self::ConnectTransport(..) => "connectTransport",
            Self::RestartIce(_) => "restartIce",
            Self::Stats(_) => "stats",
            Self::Produce(_) => "produce",
            Self::Produces(_) => "produces",
            Self::CloseProducer(_) | Self::CloseProducers(_) => "closeProducer",
            Self::PauseProducer(_) => "pauseProducer",
            Self::ResumeProducer(_) => "resumeProducer",
            Self::Producers | Self::AllProducers => "producers",
            Self::Consume(_) | Self::ConsumeAll { .. } => "consume",
            Self::ResumeConsumers(_) => "resumeConsumer",
            Self::PauseConsumers(_) => "pauseConsumer",
            Self::CloseConsumer(_) => "closeConsumer",
            Self::SetPreferredLayers { .. } => "setPreferredLayers",
            Self::RequestKeyFrame(_) => "requestKeyFrame",
            #[cfg(feature = "fault-injection")]
            Self::Panic | Self::PanicWorker | Self::StallWorker(_) => "fault",
        }
    }
}
