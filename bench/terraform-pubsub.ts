export type Json = Readonly<Record<string, unknown>>;

/** Half topics, half subscriptions to them. */
export function pubsub(count: number): Json {
  const numbers = Array.from({ length: count / 2 }, (_, i) => i);
  const named = (of: (i: number) => Json) => Object.fromEntries(numbers.map((i) => [`r${i}`, of(i)]));
  return {
    terraform: { required_providers: { google: { source: "google", version: "6.50.0" } } },
    provider: { google: [{ project: "demo", region: "europe-west1" }] },
    resource: {
      google_pubsub_topic: named((i) => ({ name: `topic-${i}` })),
      google_pubsub_subscription: named((i) => ({
        name: `subscription-${i}`,
        topic: `\${google_pubsub_topic.r${i}.id}`,
        retry_policy: [{ minimum_backoff: "10s" }],
      })),
    },
  };
}
