import { section, type StackDocument } from "./read";
import { isObject, type Value } from "./values";

/** Stands for the number of a project of which the plan says nothing; visibly nobody's. */
export const UNKNOWN_PROJECT_NUMBER = "123456789012";

/** Where Google writes a project's number: service agents, default accounts, deterministic URLs of Cloud Run. */
const MENTIONS = [
  /service-(\d{6,})@[a-z0-9-]+\.iam\.gserviceaccount\.com/g,
  /\b(\d{6,})-compute@developer\.gserviceaccount\.com/g,
  /\b(\d{6,})@cloudbuild\.gserviceaccount\.com/g,
  /https:\/\/[a-z0-9-]+-(\d{6,})\.[a-z0-9-]+\.run\.app/g,
];

/**
 * The number of each project, from what the documents mention beside its resources; the number mentioned most often
 * wins. Synthesis needs no network and so cannot ask Google.
 */
export function projectNumbers(documents: readonly StackDocument[]): (project: string) => string {
  const tallies = new Map<string, Map<string, number>>();
  const count = (project: string, number: string) => {
    const tally = tallies.get(project) ?? new Map<string, number>();
    tallies.set(project, tally.set(number, (tally.get(number) ?? 0) + 1));
  };
  for (const { json } of documents) {
    const fallback = defaultProject(json.provider);
    for (const named of Object.values(section(json, "resource")))
      for (const body of Object.values(isObject(named) ? named : {})) {
        const own = isObject(body) && typeof body.project === "string" ? body.project : fallback;
        const text = JSON.stringify(body);
        for (const pattern of MENTIONS)
          for (const [, number] of text.matchAll(pattern)) {
            count(own, number!);
            // Projects of which nothing is said share the plan's commonest number.
            count("", number!);
          }
      }
  }
  const commonest = (tally: ReadonlyMap<string, number> | undefined) =>
    [...(tally ?? [])].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0];
  return (project) => commonest(tallies.get(project)) ?? commonest(tallies.get("")) ?? UNKNOWN_PROJECT_NUMBER;
}

const defaultProject = (provider: Value | undefined): string => {
  const google = section({ provider }, "provider").google;
  const first = Array.isArray(google) ? (google[0] as Value) : google;
  return isObject(first) && typeof first.project === "string" ? first.project : "";
};
