export { EventarcTrigger as GoogleEventarcTrigger } from "@cdktf/provider-google/lib/eventarc-trigger/index.js";
export { EventarcGoogleChannelConfig } from "@cdktf/provider-google/lib/eventarc-google-channel-config/index.js";
