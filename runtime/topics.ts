import { topicVariable } from "../contract/environment";

/**
 * The topic of an event that a contract publishes, for `tx.publish`: constructs tell the handler which it is.
 * @param event one of the contract's `publishes`
 * @returns `projects/{project}/topics/{topic}`
 * @throws Error when the contract does not publish it, or the environment names no topic for it
 */
export function topicOf(
  { manifest }: { readonly manifest: { readonly name: string; readonly publishes?: readonly string[] } },
  event: string,
  env: NodeJS.ProcessEnv = process.env,
): string {
  if (!manifest.publishes?.includes(event))
    throw new Error(`contract "${manifest.name}" does not publish "${event}"; name it in publishes`);
  const topic = env[topicVariable(event)];
  if (!topic) throw new Error(`${topicVariable(event)} is not set: nothing says where "${event}" goes`);
  return topic;
}
