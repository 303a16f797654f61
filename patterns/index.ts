export { webhook, type WebhookConsumer, WebhookIngest, type WebhookIngestProps } from "./webhook-ingest";
