// Tests must not be slowed by cdktf's stack capture (docs/traps.md) and must never look for a metadata server.
process.env.METADATA_SERVER_DETECTION = "none";
process.env.CHECKPOINT_DISABLE = "1";
