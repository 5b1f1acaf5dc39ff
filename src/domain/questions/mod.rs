//! Security questions: the catalogue of topics, ids, the normal form of answers, and the draw.

pub(crate) mod answer;
pub(crate) mod draw;
mod id;
mod topic;

pub use id::QuestionId;
pub use topic::QuestionTopic;
