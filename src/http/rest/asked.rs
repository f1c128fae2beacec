//! What is asked of the inspection API: names in paths, filters and pages in queries. Whatever is not
//! understood is refused as a problem, so that a filter with a typing error never shows everything.

use axum::{
    extract::{FromRequestParts, Path, Query},
    http::{StatusCode, request::Parts},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use crate::{
    http::problem::Problem,
    room::{
        PeerId, Registry, RoomId,
        inspect::{Measured, Scope},
    },
};

/// Entries of one answer if nothing else is asked for.
const USUAL: u32 = 100;
/// Entries of one answer at most.
const MOST: u32 = 1000;

/// The query of a request; unknown keys are refused.
#[derive(Debug)]
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        let bad = |error: axum::extract::rejection::QueryRejection| bad(error.body_text());
        query.map(|Query(asked)| Self(asked)).map_err(bad)
    }
}

/// The names in a request's path.
#[derive(Debug)]
pub(super) struct Named<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        let bad = |error: axum::extract::rejection::PathRejection| bad(error.body_text());
        path.map(|Path(names)| Self(names)).map_err(bad)
    }
}

pub(super) fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, detail)
}

/// Nothing is asked: whatever is, is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $kind:ty,)* })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Deserialize, IntoParams)]
            #[serde(deny_unknown_fields, rename_all = "camelCase")]
            #[into_params(parameter_in = Query)]
            pub(super) struct $name {
                $($(#[$attr])* pub(super) $field: Option<$kind>,)*
                /// How many to leave out at the beginning.
                #[param(minimum = 0, maximum = 4_294_967_295u32, default = 0)]
                offset: Option<u32>,
                /// How many to show.
                #[param(minimum = 1, maximum = 1000, default = 100)]
                limit: Option<u32>,
            }

            impl $name {
                pub(super) fn page(&self) -> Result<Page, Problem> {
                    Page::new(self.offset, self.limit)
                }
            }
        )+
    };
}

pub(super) use queries;

/// Which part of a list is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    /// How many there are of what was asked for.
    total: usize,
    /// How many were left out at the beginning.
    offset: u32,
    /// How many are shown at most.
    #[schema(minimum = 1, maximum = 1000)]
    limit: u32,
    /// Media workers that did not answer: what they carry is shown without its numbers.
    unanswered: Vec<usize>,
}

impl Page {
    pub(super) fn new(offset: Option<u32>, limit: Option<u32>) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(bad(format!("limit must be from 1 to {MOST}")));
        }
        Ok(Self {
            total: 0,
            offset: offset.unwrap_or(0),
            limit,
            unanswered: Vec::new(),
        })
    }

    /// Cuts a list to this part.
    pub(super) fn cut<T>(&mut self, all: Vec<T>) -> Vec<T> {
        self.total = all.len();
        all.into_iter()
            .skip(self.offset as usize)
            .take(self.limit as usize)
            .collect()
    }

    /// Cuts a list to this part, and asks the media workers about it.
    pub(super) async fn measure<T: Measured>(
        &mut self,
        registry: &Registry,
        all: Vec<T>,
    ) -> Vec<T> {
        let mut shown = self.cut(all);
        self.unanswered = registry.measure(&mut shown).await;
        shown
    }
}

/// One of something, and whether its numbers are there.
pub(super) async fn measured<T: Measured>(
    registry: &Registry,
    one: Option<T>,
) -> Result<T, Problem> {
    let one = one.ok_or(Problem::not_found("there is none of this name"))?;
    let mut one = [one];
    registry.measure(&mut one).await;
    let [one] = one;
    Ok(one)
}

/// Where to look.
pub(super) fn scope(room: Option<&str>, peer: Option<&str>) -> Scope {
    Scope {
        room: room.map(RoomId::from),
        peer: peer.map(PeerId::from),
    }
}
