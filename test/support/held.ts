import type { Attributes } from "./synth";

/**
 * A document whose apply stops half-way and stays there: so many of its topics are made then, and no more. What holds it
 * lets go when the file is gone, or Terraform is. It has said `Executing: ` when it holds.
 * @param file absolute path of a file that exists
 */
export function heldAfter(made: number, json: Attributes, file: string): Attributes {
  const resource = json["resource"] as Readonly<Record<string, Readonly<Record<string, Attributes>>>>;
  const topics = Object.entries(resource["google_pubsub_topic"]!);
  const names = topics.map(([name]) => `google_pubsub_topic.${name}`);
  const after = topics.map(([name, topic], i) => [
    name,
    i < made ? topic : { ...topic, depends_on: ["terraform_data.hold"] },
  ]);
  const command = `while [ -e '${file}' ] && kill -0 $PPID; do sleep 0.05; done 2>/dev/null`;
  const hold = { depends_on: names.slice(0, made), provisioner: [{ "local-exec": { command } }] };
  return {
    ...json,
    resource: { ...resource, google_pubsub_topic: Object.fromEntries(after), terraform_data: { hold } },
  };
}
