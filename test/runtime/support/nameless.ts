/** The same text whichever instance is which: they are put in the order of what each is, the others being nobody. */
export function nameless(shared: string, each: readonly string[]): string {
  const alone = each.map((text, owner) => text.replace(NAME, (_, name) => (Number(name) === owner ? "me" : "another")));
  const texts = ORDERS[each.length]!.filter((order) =>
    order.every((owner, i) => i === 0 || alone[order[i - 1]!]! <= alone[owner]!),
  ).map((order) => {
    const renamed = (text: string) => text.replace(NAME, (_, name) => `owner-${order.indexOf(Number(name))}`);
    return [shared, ...order.map((owner) => each[owner]!)].map(renamed).join();
  });
  return texts.reduce((least, text) => (text < least ? text : least));
}

const NAME = /owner-(\d+)/g;

const NOBODY: readonly (readonly number[])[] = [[]];
/** Every order of none, one, two … instances. */
const ORDERS = [0, 1, 2, 3].reduce(
  (all, added) => [
    ...all,
    all.at(-1)!.flatMap((order) => [...order, added].map((_, at) => order.toSpliced(at, 0, added))),
  ],
  [NOBODY],
);
