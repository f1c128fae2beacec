//! Renumbers packets so that what a consumer gets is continuous.
