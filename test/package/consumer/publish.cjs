// Publishes one order to the engine and waits for its effect, with nothing but fetch.
const { PUBSUB_EMULATOR_HOST: pubsub, FIRESTORE_EMULATOR_HOST: firestore, GOOGLE_CLOUD_PROJECT: project } = process.env;

async function main() {
  const topics = await (await fetch(`http://${pubsub}/v1/projects/${project}/topics`)).json();
  const { name } = topics.topics.find((topic) => !topic.name.includes("dead-letter"));
  const data = Buffer.from(JSON.stringify({ id: "17" })).toString("base64");
  await fetch(`http://${pubsub}/v1/${name}:publish`, {
    method: "POST",
    body: JSON.stringify({ messages: [{ data }] }),
  });

  const document = `http://${firestore}/v1/projects/${project}/databases/(default)/documents/orders/17`;
  for (const end = Date.now() + 120_000; Date.now() < end;) {
    if ((await fetch(document)).ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the order has had no effect");
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
